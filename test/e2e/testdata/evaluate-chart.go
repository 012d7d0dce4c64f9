// Evaluates the templates of a chart as `helm template` does, as far as this chart asks: with Go's own text/template
// and the functions named below. It takes JSON on standard input and prints YAML.
package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

type input struct {
	Directory string
	// What templates see: Values, Release and Chart.
	Scope map[string]any
}

func main() {
	log.SetFlags(0)
	var asked input
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		log.Fatal(err)
	}
	templates, err := filepath.Glob(filepath.Join(asked.Directory, "templates", "*"))
	if err != nil || len(templates) == 0 {
		log.Fatal("the chart has no templates")
	}
	root := template.New("chart").Option("missingkey=zero")
	root.Funcs(functionsOf(root))
	if _, err := root.ParseFiles(templates...); err != nil {
		log.Fatal(err)
	}
	for _, file := range templates {
		if filepath.Ext(file) != ".yaml" {
			continue
		}
		var text strings.Builder
		if err := root.ExecuteTemplate(&text, filepath.Base(file), asked.Scope); err != nil {
			log.Fatal(err)
		}
		fmt.Printf("---\n%s\n", strings.ReplaceAll(text.String(), "<no value>", ""))
	}
}

func functionsOf(root *template.Template) template.FuncMap {
	return template.FuncMap{
		"include": func(name string, scope any) (string, error) {
			var text strings.Builder
			err := root.ExecuteTemplate(&text, name, scope)
			return text.String(), err
		},
		"nindent": func(spaces int, text string) string {
			indent := "\n" + strings.Repeat(" ", spaces)
			return indent + strings.ReplaceAll(text, "\n", indent)
		},
		"quote": func(value any) string { return fmt.Sprintf("%q", fmt.Sprint(value)) },
		"required": func(message string, value any) (any, error) {
			if value == nil || value == "" {
				return nil, errors.New(message)
			}
			return value, nil
		},
		"sha256sum": func(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) },
		// JSON is YAML.
		"toYaml": func(value any) (string, error) {
			text, err := json.Marshal(value)
			return string(text), err
		},
	}
}
