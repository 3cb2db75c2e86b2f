package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// spool has two queues; in one of them a file of 999,900 seconds since 1970 and a newer one.
func spool(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"in", "out"} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(folder, "in", "a"), "12", 999_900)
	write(t, filepath.Join(folder, "in", "b"), "345", 999_990)
	return folder
}

func write(t *testing.T, path, content string, changed int64) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Time{}, time.Unix(changed, 0)); err != nil {
		t.Fatal(err)
	}
}

func TestFilesAreCountedByQueue(t *testing.T) {
	folder := spool(t)
	write(t, filepath.Join(folder, "beside-the-queues"), "x", 1)
	if err := os.Symlink("a", filepath.Join(folder, "in", "link")); err != nil {
		t.Fatal(err)
	}
	found, err := scanSpool(folder, time.Unix(1_000_000, 0))
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]queue{"in": {files: 2, bytes: 5}, "out": {}}; !maps.Equal(found.queues, want) {
		t.Errorf("queues %v, want %v", found.queues, want)
	}
	if found.oldest.Unix() != 999_900 || found.taken.Unix() != 1_000_000 {
		t.Errorf("oldest %v, taken %v", found.oldest, found.taken)
	}
}

func TestQueuesBeyondTheLimitAreOne(t *testing.T) {
	folder := t.TempDir()
	for i := range maxQueues + 2 {
		queue := filepath.Join(folder, fmt.Sprintf("%03d", i))
		if err := os.Mkdir(queue, 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(queue, "file"), "x", 1)
	}
	found, err := scanSpool(folder, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if len(found.queues) != maxQueues+1 || found.queues[otherQueue].files != 2 {
		t.Errorf("%d queues, %v in the last", len(found.queues), found.queues[otherQueue])
	}
}

func TestAFolderThatIsNotThereIsAnError(t *testing.T) {
	if _, err := scanSpool(filepath.Join(t.TempDir(), "nowhere"), time.Now()); err == nil {
		t.Fatal("no error")
	}
}
