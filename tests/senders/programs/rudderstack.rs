use rudderanalytics::client::RudderAnalytics;
use rudderanalytics::message::{Batch, BatchMessage, Identify, Message, Track};
use serde_json::json;
use std::env::var;

fn main() {
    let analytics = RudderAnalytics::load(var("API_KEY").unwrap(), var("API_URL").unwrap());
    let identify = Identify {
        user_id: Some("u1".to_string()),
        traits: Some(json!({ "email": var("EMAIL").unwrap() })),
        context: Some(json!({ "page": { "url": "https://example.com/welcome" } })),
        ..Default::default()
    };
    let track = Track {
        user_id: Some("u1".to_string()),
        event: "Signed up".to_string(),
        ..Default::default()
    };
    let batch = Message::Batch(Batch {
        batch: vec![BatchMessage::Identify(identify), BatchMessage::Track(track)],
        ..Default::default()
    });
    if let Err(error) = analytics.send(&batch) {
        eprintln!("not sent: {error:?}");
    }
}
