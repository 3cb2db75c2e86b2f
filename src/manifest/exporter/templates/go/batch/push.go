package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/push"
)

// What goes to the Pushgateway stays there for each grouping key until it is replaced.
const job = "@NAME@"

// groupingKey is the rest of the grouping key. It is a flag that can be given several times.
type groupingKey map[string]string

var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

func (g groupingKey) String() string { return fmt.Sprint(map[string]string(g)) }

// Set takes LABEL=VALUE.
func (g groupingKey) Set(text string) error {
	name, value, _ := strings.Cut(text, "=")
	if value == "" || !labelName.MatchString(name) || name == "job" {
		return fmt.Errorf("%q is not LABEL=VALUE (and the job is %q)", text, job)
	}
	if strings.Contains(value, " ") {
		return fmt.Errorf("%q has a space, which the Pushgateway would be told as a plus", text)
	}
	g[name] = value
	return nil
}

// pushSuccess replaces all of the group (PUT), so that queues that are gone are gone.
func pushSuccess(ctx context.Context, url string, grouping groupingKey, registry prometheus.Gatherer) error {
	return pusher(url, grouping).Gatherer(registry).PushContext(ctx)
}

// pushFailure says @PREFIX@_up 0 and leaves the rest of the group (POST): when it last went well stays known.
func pushFailure(ctx context.Context, url string, grouping groupingKey) error {
	up := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "@PREFIX@_up",
		Help: "Whether the last scan succeeded and is recent.",
	})
	return pusher(url, grouping).Collector(up).AddContext(ctx)
}

func pusher(url string, grouping groupingKey) *push.Pusher {
	pusher := push.New(url, job)
	for name, value := range grouping {
		pusher.Grouping(name, value)
	}
	return pusher
}
