package main

import (
	"fmt"
	"log/slog"
	"os"
)

// newLogger writes one line of JSON for each log from this level up, to stderr.
func newLogger(level string) (*slog.Logger, error) {
	var from slog.Level
	if err := from.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("-log-level: %q is none of debug, info, warn, error", level)
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: from})), nil
}
