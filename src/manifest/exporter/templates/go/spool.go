package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// This file is what is measured: a spool folder. Each folder in it is a queue, each file in that waits. It is the part
// to replace: scanSpool may ask a database, an API or a device instead. It knows nothing of Prometheus.

// A label needs few values: what comes after maxQueues queues is counted as one, called otherQueue.
const (
	maxQueues  = 200
	otherQueue = "other"
)

// queue is what waits in one folder.
type queue struct {
	files int
	bytes int64
}

// snapshot is what one scan saw.
type snapshot struct {
	taken  time.Time
	queues map[string]queue
	oldest time.Time // when the file that has waited longest was last changed; zero without files
}

// scanSpool looks at every queue once. It fails when the folder or a queue cannot be read.
func scanSpool(folder string, now time.Time) (*snapshot, error) {
	entries, err := os.ReadDir(folder) // sorted by name
	if err != nil {
		return nil, fmt.Errorf("cannot read the spool: %w", err)
	}
	found := &snapshot{taken: now, queues: map[string]queue{}}
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		name := entry.Name()
		if len(found.queues) >= maxQueues {
			name = otherQueue
		}
		if err := found.add(name, filepath.Join(folder, entry.Name())); err != nil {
			return nil, fmt.Errorf("cannot read a queue: %w", err)
		}
	}
	return found, nil
}

// add counts the files of a folder to a queue.
func (s *snapshot) add(name, folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	counted := s.queues[name]
	for _, entry := range entries {
		if !entry.Type().IsRegular() {
			continue
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // taken out of the queue since it was listed
		}
		if err != nil {
			return err
		}
		counted.files++
		counted.bytes += info.Size()
		if s.oldest.IsZero() || info.ModTime().Before(s.oldest) {
			s.oldest = info.ModTime()
		}
	}
	s.queues[name] = counted
	return nil
}
