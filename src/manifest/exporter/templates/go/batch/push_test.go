package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"testing"
)

// gateway keeps method and path of what is sent to it.
func gateway(t *testing.T) (url string, seen *[]string) {
	seen = &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		*seen = append(*seen, r.Method+" "+r.URL.Path)
	}))
	t.Cleanup(server.Close)
	return server.URL, seen
}

func TestSuccessReplacesTheGroup(t *testing.T) {
	url, seen := gateway(t)
	err := run(context.Background(), slog.New(slog.DiscardHandler), spool(t), url, groupingKey{"instance": "a"})
	if err != nil || !slices.Equal(*seen, []string{"PUT /metrics/job/@NAME@/instance/a"}) {
		t.Fatal(*seen, err)
	}
}

func TestFailureLeavesWhatWasThere(t *testing.T) {
	url, seen := gateway(t)
	nowhere := filepath.Join(t.TempDir(), "nowhere")
	err := run(context.Background(), slog.New(slog.DiscardHandler), nowhere, url, nil)
	if err == nil || !slices.Equal(*seen, []string{"POST /metrics/job/@NAME@"}) {
		t.Fatal(*seen, err)
	}
}

func TestAGatewayThatIsNotThereIsAnError(t *testing.T) {
	if run(context.Background(), slog.New(slog.DiscardHandler), spool(t), "http://127.0.0.1:1", nil) == nil {
		t.Fatal("it pushed to nobody")
	}
}

func TestGroupingLabels(t *testing.T) {
	key := groupingKey{}
	if err := key.Set("instance=a=b"); err != nil || key["instance"] != "a=b" {
		t.Fatal(key, err)
	}
	for _, text := range []string{"", "a", "a=", "=b", "1a=b", "job=other", "a=b c"} {
		if key.Set(text) == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
