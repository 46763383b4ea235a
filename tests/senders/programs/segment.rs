use segment::message::{Identify, Track, User};
use segment::{Batcher, Client, HttpClient};
use serde_json::json;
use std::env::var;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let client = HttpClient::new(reqwest::Client::new(), var("API_URL").unwrap());
    let user = User::UserId { user_id: "u1".to_string() };
    // The batcher gives each event its timestamp. A message without a batcher needs one.
    let mut batcher = Batcher::new(None);
    let identify = Identify {
        user: user.clone(),
        traits: json!({ "email": var("EMAIL").unwrap() }),
        context: Some(json!({ "page": { "url": "https://example.com/welcome" } })),
        ..Default::default()
    };
    batcher.push(identify).unwrap();
    let track = Track { user, event: "Signed up".to_string(), ..Default::default() };
    batcher.push(track).unwrap();
    if let Err(error) = client.send(var("API_KEY").unwrap(), batcher.into_message()).await {
        eprintln!("not sent: {error:?}");
    }
}
