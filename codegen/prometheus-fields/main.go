// Reads the configuration structures of Prometheus and its kin from their Go source, as published on the Go module
// proxy, and writes one table of facts: which fields each structure has, of which type, since and until which version.
//
//	go run . >../../src/lint/schema/prometheus.txt
//
// Nothing is compiled but this program: the structures are read by Go's own parser, so that a version costs the
// download of its source. What a type does in UnmarshalYAML is code, not a fact that could be read; the checks behind
// it are written by hand in Rust, and the table only says that there is such code (`!`).
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"sort"
	"strconv"
	"strings"
)

// Versions of Prometheus, in their order, as published for Go: v0.42.0 is 2.42, v0.305.0 is 3.5.
var versions = []string{
	"v0.42.0", "v0.45.0", "v0.48.0", "v0.51.0", "v0.53.0", "v0.55.0",
	"v0.300.0", "v0.301.0", "v0.302.0", "v0.303.0", "v0.304.0", "v0.305.0", "v0.306.0", "v0.307.0",
	"v0.308.0", "v0.309.0", "v0.310.0", "v0.311.0", "v0.312.0", "v0.313.0", "v0.314.0",
}

// Files that people write, and the structure that reads each: name, package below the module, type.
var roots = [][3]string{
	{"prometheus", "config", "Config"},
	{"rules", "model/rulefmt", "RuleGroups"},
	{"rule-test", "cmd/promtool", "unitTestFile"},
	{"targets", "discovery/targetgroup", "Group"},
	{"web", "github.com/prometheus/exporter-toolkit/web", "Config"},
	{"statsd-mapping", "github.com/prometheus/statsd_exporter/pkg/mapper", "MetricMapper"},
}

// Modules that Prometheus does not require, at the version that is read with every one of its versions.
var others = []string{"github.com/prometheus/statsd_exporter v0.31.0"}

// Structures whose own fields do not say what a file holds: what they read, in the language of the table.
var special = map[string]string{
	"github.com/prometheus/common/model.Duration": "duration",
	"time.Duration": "go-duration",
	"github.com/prometheus/common/config.Secret":                          "secret",
	"github.com/prometheus/common/config.URL":                             "url",
	"github.com/prometheus/common/config.ProxyHeader":                     "{}[]secret",
	"github.com/prometheus/common/config.Headers":                         "{}@common/config.Header",
	"github.com/prometheus/common/config.TLSVersion":                      "tls-version",
	"github.com/prometheus/prometheus/model/relabel.Regexp":               "regexp",
	"github.com/prometheus/prometheus/model/labels.Labels":                "{}string",
	"github.com/prometheus/common/model.LabelSet":                         "{}string",
	"github.com/prometheus/common/model.LabelNames":                       "[]label-name",
	"github.com/prometheus/common/model.LabelName":                        "label-name",
	"github.com/alecthomas/units.Base2Bytes":                              "bytes",
	"github.com/prometheus/prometheus/discovery/targetgroup.Group":        "@discovery/targetgroup.Group",
	"github.com/prometheus/prometheus/model/rulefmt.RuleNode":             "@model/rulefmt.Rule",
	"github.com/prometheus/common/model.ValidationScheme":                 "name-scheme",
	"github.com/prometheus/otlptranslator.TranslationStrategyOption":      "otlp-translation",
	"github.com/prometheus/prometheus/config.translationStrategyOption":   "otlp-translation",
	"github.com/prometheus/client_golang/exp/api/remote.WriteMessageType": "remote-write-message",
	"github.com/prometheus/prometheus/config.RemoteWriteProtoMsg":         "remote-write-message",
	"github.com/prometheus/prometheus/config.ScrapeProtocol":              "scrape-protocol",
	"github.com/prometheus/exporter-toolkit/web.TLSVersion":               "tls-version",
	"github.com/prometheus/exporter-toolkit/web.Cipher":                   "tls-cipher",
	"github.com/prometheus/exporter-toolkit/web.Curve":                    "tls-curve",
	"github.com/prometheus/client_golang/prometheus.Labels":               "{}string",
	"github.com/prometheus/statsd_exporter/pkg/mapper.MaybeFloat64":       "float",
	"github.com/prometheus/prometheus/cmd/promtool.testStartTimestamp":    "any", // RFC 3339, or Unix seconds
	"net/url.Values":          "{}[]string",
	"gopkg.in/yaml.v3.Node":   "string",
	"go.yaml.in/yaml/v3.Node": "string",
}

// Structures whose UnmarshalYAML reads other fields than they have.
var written = map[string][]field{
	"discovery/targetgroup.Group": {{"targets", "[]string"}, {"labels", "{}string"}},
}

type field struct {
	name, kind string
}

type structure struct {
	fields []field
	custom bool
}

// One version's source: where the packages of its modules are, and what was read from them.
type source struct {
	modules map[string]string // module path to folder
	files   map[string]map[string]*ast.TypeSpec
	imports map[*ast.TypeSpec]map[string]string
	consts  map[string]map[string][]string // package, type: values
	methods map[string]map[string]bool     // package.type: methods
	names   map[string]map[string]string   // package: type to what its Name() returns
	found   map[string]*structure
	enums   map[string][]string
}

func main() {
	table := newTable()
	for _, version := range versions {
		s, err := load(version)
		if err != nil {
			fmt.Fprintln(os.Stderr, "prometheus-fields:", version, err)
			os.Exit(1)
		}
		discoveries := s.discoveries()
		for _, root := range roots {
			pkg := root[1]
			if !strings.HasPrefix(pkg, "github.com/") {
				pkg = prometheus + "/" + pkg
			}
			s.visit(pkg, root[2], discoveries)
		}
		table.add(version, s)
	}
	table.write(os.Stdout)
}

const prometheus = "github.com/prometheus/prometheus"

func load(version string) (*source, error) {
	s := &source{
		modules: map[string]string{}, files: map[string]map[string]*ast.TypeSpec{},
		imports: map[*ast.TypeSpec]map[string]string{}, consts: map[string]map[string][]string{},
		methods: map[string]map[string]bool{}, names: map[string]map[string]string{},
		found: map[string]*structure{}, enums: map[string][]string{},
	}
	folder, requirements, err := download(prometheus + "@" + version)
	if err != nil {
		return nil, err
	}
	s.modules[prometheus] = folder
	for _, line := range append(strings.Split(requirements, "\n"), others...) {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		switch words[0] {
		case "github.com/prometheus/common", "github.com/prometheus/sigv4", "github.com/prometheus/common/sigv4", "github.com/prometheus/exporter-toolkit",
			"github.com/prometheus/statsd_exporter":
			folder, _, err := download(words[0] + "@" + words[1])
			if err != nil {
				return nil, err
			}
			s.modules[words[0]] = folder
		}
	}
	return s, nil
}

// Folder of a module's source, and the text of its go.mod.
func download(module string) (string, string, error) {
	command := exec.Command("go", "mod", "download", "-json", module)
	command.Dir = os.TempDir()
	out, err := command.Output()
	var answer struct{ Dir, GoMod, Error string }
	if decodeErr := json.Unmarshal(out, &answer); decodeErr != nil {
		return "", "", fmt.Errorf("%s: %w", module, err)
	}
	if answer.Error != "" {
		return "", "", fmt.Errorf("%s: %s", module, answer.Error)
	}
	text, err := os.ReadFile(answer.GoMod)
	return answer.Dir, string(text), err
}

// The folder of a package, if it is in one of the modules.
func (s *source) folder(pkg string) string {
	best := ""
	for module := range s.modules {
		if (pkg == module || strings.HasPrefix(pkg, module+"/")) && len(module) > len(best) {
			best = module
		}
	}
	if best == "" {
		return ""
	}
	return filepath.Join(s.modules[best], strings.TrimPrefix(pkg, best))
}

func (s *source) read(pkg string) {
	if _, done := s.files[pkg]; done {
		return
	}
	types := map[string]*ast.TypeSpec{}
	s.files[pkg], s.consts[pkg], s.names[pkg] = types, map[string][]string{}, map[string]string{}
	folder := s.folder(pkg)
	if folder == "" {
		return
	}
	matches, _ := filepath.Glob(filepath.Join(folder, "*.go"))
	for _, path := range matches {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			continue
		}
		imports := map[string]string{}
		for _, spec := range file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			name := strings.TrimSuffix(filepath.Base(imported), ".v3")
			if last := filepath.Base(imported); len(last) > 1 && last[0] == 'v' && last[1] >= '0' && last[1] <= '9' {
				name = filepath.Base(filepath.Dir(imported))
			}
			if spec.Name != nil {
				name = spec.Name.Name
			}
			imports[name] = imported
		}
		for _, declaration := range file.Decls {
			switch declaration := declaration.(type) {
			case *ast.GenDecl:
				last := ""
				for _, spec := range declaration.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						types[spec.Name.Name] = spec
						s.imports[spec] = imports
					case *ast.ValueSpec:
						if declaration.Tok != token.CONST {
							continue
						}
						if named, ok := spec.Type.(*ast.Ident); ok {
							last = named.Name
						} else {
							last = ""
						}
						for _, value := range spec.Values {
							kind := last
							// `X = Role("node")`
							if call, ok := value.(*ast.CallExpr); ok && len(call.Args) == 1 {
								if named, ok := call.Fun.(*ast.Ident); ok {
									kind, value = named.Name, call.Args[0]
								}
							}
							if literal, ok := value.(*ast.BasicLit); ok && literal.Kind == token.STRING && kind != "" {
								text, _ := strconv.Unquote(literal.Value)
								s.consts[pkg][kind] = append(s.consts[pkg][kind], text)
							}
						}
					}
				}
			case *ast.FuncDecl:
				s.method(pkg, declaration)
			}
		}
	}
}

func (s *source) method(pkg string, declaration *ast.FuncDecl) {
	if declaration.Recv == nil || len(declaration.Recv.List) != 1 {
		return
	}
	receiver := declaration.Recv.List[0].Type
	if star, ok := receiver.(*ast.StarExpr); ok {
		receiver = star.X
	}
	named, ok := receiver.(*ast.Ident)
	if !ok {
		return
	}
	key := pkg + "." + named.Name
	if s.methods[key] == nil {
		s.methods[key] = map[string]bool{}
	}
	s.methods[key][declaration.Name.Name] = true
	if declaration.Name.Name != "Name" || declaration.Body == nil || len(declaration.Body.List) != 1 {
		return
	}
	if result, ok := declaration.Body.List[0].(*ast.ReturnStmt); ok && len(result.Results) == 1 {
		if literal, ok := result.Results[0].(*ast.BasicLit); ok && literal.Kind == token.STRING {
			text, _ := strconv.Unquote(literal.Value)
			s.names[pkg][named.Name] = text
		}
	}
}

// The service discoveries: the key of each in a scrape configuration, and its type.
func (s *source) discoveries() []field {
	found := []field{{name: "static_configs", kind: "[]@discovery/targetgroup.Group"}}
	top := filepath.Join(s.modules[prometheus], "discovery")
	_ = filepath.WalkDir(top, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.IsDir() || path == top {
			return nil
		}
		below, _ := filepath.Rel(s.modules[prometheus], path)
		pkg := prometheus + "/" + filepath.ToSlash(below)
		s.read(pkg)
		for name, key := range s.names[pkg] {
			if strings.HasSuffix(name, "SDConfig") {
				found = append(found, field{name: key + "_sd_configs", kind: "[]" + s.named(pkg, name)})
			}
		}
		return nil
	})
	sort.Slice(found, func(i, j int) bool { return found[i].name < found[j].name })
	return found
}

// A package's name in the table: below its module, or the last two parts.
func short(pkg string) string {
	if below, ok := strings.CutPrefix(pkg, prometheus+"/"); ok {
		return below
	}
	return strings.TrimPrefix(pkg, "github.com/prometheus/")
}

func long(name string) (string, string) {
	at := strings.LastIndex(name, ".")
	pkg, kind := name[:at], name[at+1:]
	for _, module := range []string{"common", "sigv4", "exporter-toolkit", "statsd_exporter"} {
		if pkg == module || strings.HasPrefix(pkg, module+"/") {
			return "github.com/prometheus/" + pkg, kind
		}
	}
	return prometheus + "/" + pkg, kind
}

func (s *source) visit(pkg, name string, discoveries []field) {
	key := short(pkg) + "." + name
	if s.found[key] != nil {
		return
	}
	s.read(pkg)
	spec := s.files[pkg][name]
	if spec == nil {
		return
	}
	body, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	found := &structure{custom: s.methods[pkg+"."+name]["UnmarshalYAML"]}
	s.found[key] = found
	found.fields = s.fields(pkg, spec, body, discoveries)
	if fields, ok := written[key]; ok {
		found.fields = fields
	}
	for _, field := range found.fields {
		kind := strings.TrimLeft(field.kind, "[]{}")
		if target, ok := strings.CutPrefix(kind, "@"); ok {
			targetPkg, targetName := long(target)
			s.visit(targetPkg, targetName, discoveries)
		}
	}
}

func (s *source) fields(pkg string, spec *ast.TypeSpec, body *ast.StructType, discoveries []field) []field {
	var fields []field
	for _, member := range body.Fields.List {
		tag := ""
		if member.Tag != nil {
			text, _ := strconv.Unquote(member.Tag.Value)
			tag = reflect.StructTag(text).Get("yaml")
		}
		parts := strings.Split(tag, ",")
		inline := false
		for _, option := range parts[1:] {
			inline = inline || option == "inline"
		}
		if inline {
			kind := s.kind(pkg, spec, member.Type)
			if target, ok := strings.CutPrefix(kind, "@"); ok {
				targetPkg, targetName := long(target)
				s.read(targetPkg)
				if inner := s.files[targetPkg][targetName]; inner != nil {
					if body, ok := inner.Type.(*ast.StructType); ok {
						fields = append(fields, s.fields(targetPkg, inner, body, discoveries)...)
					}
				}
			}
			continue
		}
		if parts[0] == "-" {
			if kind := s.kind(pkg, spec, member.Type); kind == "discoveries" {
				fields = append(fields, discoveries...)
			}
			continue
		}
		if len(member.Names) == 0 || !member.Names[0].IsExported() {
			continue
		}
		name, kind := parts[0], s.kind(pkg, spec, member.Type)
		if name == "" {
			// Go's yaml takes these too, but they are the program's own state, which nobody writes.
			if kind == "any" || strings.HasSuffix(kind, "/fsm.FSM") {
				continue
			}
			name = strings.ToLower(member.Names[0].Name)
		}
		fields = append(fields, field{name: name, kind: kind})
	}
	return fields
}

func (s *source) kind(pkg string, spec *ast.TypeSpec, expression ast.Expr) string {
	switch expression := expression.(type) {
	case *ast.StarExpr:
		return s.kind(pkg, spec, expression.X)
	case *ast.ArrayType:
		return "[]" + s.kind(pkg, spec, expression.Elt)
	case *ast.MapType:
		return "{}" + s.kind(pkg, spec, expression.Value)
	case *ast.InterfaceType:
		return "any"
	case *ast.SelectorExpr:
		if alias, ok := expression.X.(*ast.Ident); ok {
			return s.named(s.imports[spec][alias.Name], expression.Sel.Name)
		}
	case *ast.Ident:
		switch expression.Name {
		case "string", "bool", "any":
			return expression.Name
		case "int", "int8", "int16", "int32", "int64":
			return "int"
		case "uint", "uint8", "uint16", "uint32", "uint64":
			return "uint"
		case "float32", "float64":
			return "float"
		}
		return s.named(pkg, expression.Name)
	}
	return "any"
}

func (s *source) named(pkg, name string) string {
	if kind, ok := special[pkg+"."+name]; ok {
		return kind
	}
	if pkg == prometheus+"/discovery" && name == "Configs" {
		return "discoveries"
	}
	s.read(pkg)
	spec := s.files[pkg][name]
	if spec == nil {
		return "any"
	}
	if _, ok := spec.Type.(*ast.StructType); ok {
		return "@" + short(pkg) + "." + name
	}
	if other, ok := spec.Type.(*ast.Ident); ok { // `type KumaSDConfig SDConfig`
		if kind := s.kind(pkg, spec, other); strings.HasPrefix(kind, "@") {
			return kind
		}
	}
	if under := s.kind(pkg, spec, spec.Type); under != "string" {
		return under
	}
	values := s.consts[pkg][name]
	if len(values) == 0 {
		return "string"
	}
	key := short(pkg) + "." + name
	s.enums[key] = values
	return "=" + key
}
