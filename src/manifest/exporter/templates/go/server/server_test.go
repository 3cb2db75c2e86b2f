package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func TestServerAnswers(t *testing.T) {
	registry := prometheus.NewRegistry()
	newMetrics(registry, time.Minute, time.Now)
	handler := newServer(registry, slog.New(slog.DiscardHandler)).Handler
	for _, test := range []struct {
		method, path string
		status       int
		contains     string
	}{
		{"GET", "/metrics", http.StatusOK, "\n@PREFIX@_up 0\n"},
		{"GET", "/healthz", http.StatusOK, "ok\n"},
		{"GET", "/", http.StatusOK, "/metrics"},
		{"GET", "/nothing", http.StatusNotFound, ""},
		{"POST", "/metrics", http.StatusMethodNotAllowed, ""},
	} {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(test.method, test.path, nil))
		body, _ := io.ReadAll(answer.Body)
		if answer.Code != test.status || !strings.Contains(string(body), test.contains) {
			t.Errorf("%s %s: %d %q", test.method, test.path, answer.Code, body)
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	logger := slog.New(slog.DiscardHandler)
	if err := run(ctx, logger, t.TempDir(), "127.0.0.1:0", time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := run(ctx, logger, t.TempDir(), "nowhere", time.Minute); err == nil {
		t.Fatal("it listens on an address that is none")
	}
}
