// Command @NAME@ scans a spool folder once, pushes its metrics to a Pushgateway, and ends.
//
// Exit status: 0 scanned and pushed, 1 the scan or the push failed, 2 usage.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func main() {
	grouping := groupingKey{}
	folder := flag.String("folder", "", "the spool: a folder of queues (required)")
	url := flag.String("pushgateway", "http://127.0.0.1:9091", "URL of the Pushgateway")
	flag.Var(grouping, "grouping", "LABEL=VALUE, part of the grouping key beside job=@NAME@: what one run replaces (repeatable)")
	timeout := flag.Duration("timeout", 10*time.Second, "of the push")
	level := flag.String("log-level", "info", "debug, info, warn or error")
	showVersion := flag.Bool("version", false, "print the version and exit")
	flag.Parse()
	if *showVersion {
		fmt.Println(version)
		return
	}
	logger, err := newLogger(*level)
	if err == nil && (*folder == "" || flag.NArg() > 0) {
		err = errors.New("-folder is required, and there are no other arguments")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, *timeout)
	defer cancel()
	if err := run(ctx, logger, *folder, *url, grouping); err != nil {
		logger.Error("failed", "error", err)
		os.Exit(1)
	}
}

// run is one run; ctx bounds the push.
func run(ctx context.Context, logger *slog.Logger, folder, url string, grouping groupingKey) error {
	registry := prometheus.NewRegistry()
	metrics := newMetrics(registry, math.MaxInt64, time.Now)
	found, failed := metrics.scan(folder)
	if failed != nil {
		return errors.Join(failed, pushFailure(ctx, url, grouping))
	}
	logger.Info("scanned", "folder", folder, "queues", len(found.queues))
	if err := pushSuccess(ctx, url, grouping, registry); err != nil {
		return err
	}
	logger.Info("pushed", "pushgateway", url, "grouping", grouping)
	return nil
}
