package main

import (
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// requestTimeout is how long a client may take to send a request, and to read its answer.
const requestTimeout = 10 * time.Second

// newServer answers /metrics for Prometheus, and /healthz for whoever restarts programs that hang.
func newServer(registry *prometheus.Registry, logger *slog.Logger) *http.Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(logger.Handler(), slog.LevelError),
		MaxRequestsInFlight: 10,
	}))
	mux.HandleFunc("GET /healthz", say("ok\n"))
	mux.HandleFunc("GET /{$}", say("@NAME@: see /metrics\n"))
	return &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: requestTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      requestTimeout,
		IdleTimeout:       2 * time.Minute, // longer than most scrape intervals: connections are used again
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
}

func say(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, text) // a client that is gone needs no answer
	}
}
