package main

import (
	"fmt"
	"io"
	"sort"
	"strings"
)

// What all versions say together.
type table struct {
	fields map[string]map[string]*entry // structure, field
	values map[string]map[string]*entry // enumeration, value
	custom map[string]bool
	order  map[string][]string
	// The name that a structure had before: newer name, older name.
	before map[string]string
}

// A field or value: its type in the newest version that has it, and the versions it is in, as indices.
type entry struct {
	kind        string
	first, last int
}

func newTable() *table {
	return &table{
		fields: map[string]map[string]*entry{}, values: map[string]map[string]*entry{},
		custom: map[string]bool{}, order: map[string][]string{}, before: map[string]string{},
	}
}

func (t *table) add(version string, s *source) {
	at := 0
	for i, v := range versions {
		if v == version {
			at = i
		}
	}
	note := func(all map[string]map[string]*entry, key, name, kind string) {
		if all[key] == nil {
			all[key] = map[string]*entry{}
		}
		found := all[key][name]
		if found == nil {
			found = &entry{first: at}
			all[key][name] = found
			t.order[key] = append(t.order[key], name)
		}
		if older, newer := named(found.kind), named(kind); older != "" && newer != "" && older != newer {
			t.before[newer] = older
		}
		found.kind, found.last = kind, at
	}
	for key, structure := range s.found {
		t.custom[key] = structure.custom
		for _, field := range structure.fields {
			note(t.fields, key, field.name, field.kind)
		}
	}
	for key, values := range s.enums {
		for _, value := range values {
			note(t.values, key, value, "")
		}
	}
}

func (t *table) write(out io.Writer) {
	for _, root := range roots {
		pkg := root[1]
		fmt.Fprintf(out, "root %s @%s.%s\n", root[0], short(pkg), root[2])
	}
	reachable := t.reachable()
	for _, key := range sorted(t.fields) {
		if !reachable[key] {
			continue
		}
		mark := ""
		if t.custom[key] {
			mark = " !"
		}
		fmt.Fprintf(out, "struct %s%s\n", key, mark)
		for _, name := range t.order[key] {
			entry := t.withBefore(t.fields, key, name)
			fmt.Fprintf(out, " %s %s%s\n", name, entry.kind, span(entry))
		}
	}
	for _, key := range sorted(t.values) {
		if !reachable[key] {
			continue
		}
		fmt.Fprintf(out, "enum %s\n", key)
		for _, value := range t.order[key] {
			fmt.Fprintf(out, " %q%s\n", value, span(t.withBefore(t.values, key, value)))
		}
	}
}

// What the newest types of the roots' fields lead to: older names of the same structure are left out.
func (t *table) reachable() map[string]bool {
	found := map[string]bool{}
	var visit func(string)
	visit = func(key string) {
		if found[key] {
			return
		}
		found[key] = true
		for _, entry := range t.fields[key] {
			kind := strings.TrimLeft(entry.kind, "[]{}")
			if strings.HasPrefix(kind, "@") || strings.HasPrefix(kind, "=") {
				visit(kind[1:])
			}
		}
	}
	for _, root := range roots {
		visit(short(root[1]) + "." + root[2])
	}
	return found
}

// The structure or enumeration that a field's type names, if it names one.
func named(kind string) string {
	kind = strings.TrimLeft(kind, "[]{}")
	if strings.HasPrefix(kind, "@") || strings.HasPrefix(kind, "=") {
		return kind[1:]
	}
	return ""
}

// A field or value, with the versions in which its structure or enumeration had another name.
func (t *table) withBefore(all map[string]map[string]*entry, key, name string) *entry {
	found := *all[key][name]
	for older := t.before[key]; older != ""; older = t.before[older] {
		if entry := all[older][name]; entry != nil {
			found.first = min(found.first, entry.first)
		}
	}
	return &found
}

// ` >=3.8` and ` <3.0`, where the oldest or newest version does not have it.
func span(e *entry) string {
	text := ""
	if e.first > 0 {
		text += " >=" + release(versions[e.first])
	}
	if e.last < len(versions)-1 {
		text += " <" + release(versions[e.last+1])
	}
	return text
}

// v0.42.0 is Prometheus 2.42, v0.305.0 is 3.5.
func release(version string) string {
	var number int
	fmt.Sscanf(version, "v0.%d.", &number)
	if number >= 300 {
		return fmt.Sprintf("3.%d", number-300)
	}
	return fmt.Sprintf("2.%d", number)
}

func sorted(all map[string]map[string]*entry) []string {
	var keys []string
	for key := range all {
		keys = append(keys, key)
	}
	sort.Slice(keys, func(i, j int) bool { return strings.Compare(keys[i], keys[j]) < 0 })
	return keys
}
