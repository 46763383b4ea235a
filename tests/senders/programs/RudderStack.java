import com.rudderstack.sdk.java.analytics.RudderAnalytics;
import com.rudderstack.sdk.java.analytics.Callback;
import com.rudderstack.sdk.java.analytics.messages.IdentifyMessage;
import com.rudderstack.sdk.java.analytics.messages.Message;
import com.rudderstack.sdk.java.analytics.messages.TrackMessage;
import java.util.Map;

public class RudderStack {
  public static void main(String[] args) {
    var analytics =
        RudderAnalytics.builder(System.getenv("API_KEY"))
            .setDataPlaneUrl(System.getenv("API_URL"))
            .setGZIP(true)
            .callback(
                new Callback() {
                  public void success(Message message) {}

                  public void failure(Message message, Throwable error) {
                    System.err.println("not sent: " + error.getMessage());
                  }
                })
            .build();

    analytics.enqueue(
        IdentifyMessage.builder()
            .userId("u1")
            .traits(Map.of("email", System.getenv("EMAIL")))
            .context(Map.of("page", Map.of("url", "https://example.com/welcome"))));
    analytics.enqueue(TrackMessage.builder("Signed up").userId("u1"));
    analytics.shutdown();
  }
}
