// Command @NAME@ gives Prometheus the metrics of a spool folder: it scans the spool every interval and answers scrapes
// in between.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

func main() {
	folder := flag.String("folder", "", "the spool: a folder of queues (required)")
	listen := flag.String("listen", ":@PORT@", "address to listen on, [HOST]:PORT")
	interval := flag.Duration("interval", 15*time.Second, "time between scans")
	level := flag.String("log-level", "info", "debug, info, warn or error")
	showVersion := flag.Bool("version", false, "print the version and exit")
	flag.Parse()
	if *showVersion {
		fmt.Println(version)
		return
	}
	logger, err := newLogger(*level)
	if err == nil && (*folder == "" || *interval <= 0 || flag.NArg() > 0) {
		err = errors.New("-folder is required, -interval is above 0, and there are no other arguments")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, logger, *folder, *listen, *interval); err != nil {
		logger.Error("stopped", "error", err)
		os.Exit(1)
	}
	logger.Info("stopped")
}

// run serves until ctx is done.
func run(ctx context.Context, logger *slog.Logger, folder, listen string, interval time.Duration) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	metrics := newMetrics(registry, 3*interval, time.Now)

	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	logger.Info("listening", "address", listener.Addr().String(), "folder", folder)
	// Nobody waits for it: a scan that hangs must not keep the program from ending.
	go watch(ctx, logger, metrics, folder, interval)

	server := newServer(registry, logger)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	// What is under way is answered, for as long as an answer may take.
	ending, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	if err := server.Shutdown(ending); err != nil {
		return err
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// watch scans now and then every interval until ctx is done.
func watch(ctx context.Context, logger *slog.Logger, metrics *metrics, folder string, interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		if _, err := metrics.scan(folder); err != nil {
			logger.Error("cannot scan", "folder", folder, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
