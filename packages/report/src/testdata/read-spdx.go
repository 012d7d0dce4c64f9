// Reads an SPDX document in JSON as the SPDX project's own library does, looks whether all that it relates is there, and
// writes and reads it once more as tag-value, which is read more strictly. Prints what it holds, or says what is wrong.
package main

import (
	"bytes"
	"encoding/json"
	"log"
	"os"

	spdxjson "github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx"
	"github.com/spdx/tools-golang/spdxlib"
	"github.com/spdx/tools-golang/tagvalue"
)

// What is in a document.
type content struct {
	Version       string
	Packages      int
	Relationships int
	Licenses      int
	Annotations   int
}

func main() {
	log.SetFlags(0)
	document, err := spdxjson.Read(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	if err := spdxlib.ValidateDocument(document); err != nil {
		log.Fatal(err)
	}
	var text bytes.Buffer
	if err := tagvalue.Write(document, &text); err != nil {
		log.Fatal(err)
	}
	again, err := tagvalue.Read(&text)
	if err != nil {
		log.Fatal("as tag-value: ", err)
	}
	encoder := json.NewEncoder(os.Stdout)
	for _, each := range []*spdx.Document{document, again} {
		if err := encoder.Encode(contentOf(each)); err != nil {
			log.Fatal(err)
		}
	}
}

func contentOf(document *spdx.Document) content {
	return content{
		Version:       document.SPDXVersion,
		Packages:      len(document.Packages),
		Relationships: len(document.Relationships),
		Licenses:      len(document.OtherLicenses),
		Annotations:   len(document.Annotations),
	}
}
