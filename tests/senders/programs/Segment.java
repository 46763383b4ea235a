import com.segment.analytics.Analytics;
import com.segment.analytics.Callback;
import com.segment.analytics.messages.IdentifyMessage;
import com.segment.analytics.messages.Message;
import com.segment.analytics.messages.TrackMessage;
import java.util.Map;

public class Segment {
  public static void main(String[] args) {
    var analytics =
        Analytics.builder(System.getenv("API_KEY"))
            .endpoint(System.getenv("API_URL"))
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
