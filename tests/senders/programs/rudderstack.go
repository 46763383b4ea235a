package main

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/rudderlabs/analytics-go/v4"
)

// results counts the events that were sent or given up.
type results struct{ sync.WaitGroup }

func (r *results) Success(analytics.Message) { r.Done() }

func (r *results) Failure(_ analytics.Message, err error) {
	fmt.Println("not sent:", err)
	r.Done()
}

func main() {
	var pending results
	client, err := analytics.NewWithConfig(os.Getenv("API_KEY"), analytics.Config{
		DataPlaneUrl: os.Getenv("API_URL"),
		Interval:     time.Second,
		Callback:     &pending,
	})
	if err != nil {
		panic(err)
	}

	pending.Add(2)
	client.Enqueue(analytics.Identify{
		UserId:  "u1",
		Traits:  analytics.NewTraits().SetEmail(os.Getenv("EMAIL")),
		Context: &analytics.Context{Page: analytics.PageInfo{URL: "https://example.com/welcome"}},
	})
	client.Enqueue(analytics.Track{UserId: "u1", Event: "Signed up"})

	// Close drops what has to be sent again, so wait for the results first.
	pending.Wait()
	client.Close()
}
