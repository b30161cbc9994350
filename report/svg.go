package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"strings"
	"unicode"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// longLabel is how many letters a label in a plot may have.
const longLabel = 24

// label is a text as a plot can show it: short, on one line, of letters one can see.
func label(text string) string {
	var b strings.Builder
	n := 0
	for _, r := range text {
		if unicode.IsSpace(r) {
			r = ' '
		} else if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			continue
		}
		if n++; n > longLabel {
			b.WriteRune('…')
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// palette puts the page's colours in the place of the inks.
var palette = map[string]string{
	"#010000": "var(--ink)", "#020000": "var(--faint)", "#030000": "var(--grid)", "#040000": "var(--first)",
	"#050000": "var(--second)", "#060000": "var(--third)", "#070000": "var(--shade)",
}

// inline makes a drawing a part of a page: it scales with its place, has the page's colours and fonts, and says to those
// who cannot see it what it shows. id must be unique on the page. The drawing is written anew, element by element, so
// that nothing can be in it but shapes and texts.
func inline(svg []byte, id, title, desc string) (string, error) {
	var b bytes.Buffer
	d := xml.NewDecoder(bytes.NewReader(svg))
	skip := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return b.String(), nil
		}
		if err != nil {
			return "", fmt.Errorf("report: a drawing is no XML: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "svg":
				fmt.Fprintf(&b, `<svg role="img" aria-labelledby="%s-t %s-d" viewBox="%s" xmlns="http://www.w3.org/2000/svg"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
					id, id, html.EscapeString(attribute(t, "viewBox")), id, html.EscapeString(title), id, html.EscapeString(desc))
			case "g", "path":
				open(&b, t, "transform", "d", "style")
			case "text":
				if err := writeText(&b, d, t); err != nil {
					return "", err
				}
			default:
				skip++
			}
		case xml.EndElement:
			switch {
			case t.Name.Local == "svg" || t.Name.Local == "g" || t.Name.Local == "path":
				fmt.Fprintf(&b, "</%s>", t.Name.Local)
			default:
				skip--
			}
		}
	}
}

// open writes a start tag with some of its attributes.
func open(b *bytes.Buffer, t xml.StartElement, names ...string) {
	b.WriteString("<" + t.Name.Local)
	for _, name := range names {
		value := attribute(t, name)
		if name == "style" {
			value = restyled(value)
		}
		if value != "" {
			fmt.Fprintf(b, ` %s="%s"`, name, html.EscapeString(value))
		}
	}
	b.WriteByte('>')
}

func attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

// restyled is a style with the page's colours; the page has the font.
func restyled(style string) string {
	var kept []string
	for part := range strings.SplitSeq(style, ";") {
		name, value, ok := strings.Cut(part, ":")
		if !ok || strings.HasPrefix(name, "font-") && name != "font-size" {
			continue
		}
		if mine, ok := palette[strings.ToLower(value)]; ok {
			value = mine
		}
		kept = append(kept, name+":"+value)
	}
	return strings.Join(kept, ";")
}

// writeText writes a text. Its length is fixed to what it has in the font that the drawing was laid out with, for a
// reader's own may be wider; only for letters that this font has.
func writeText(b *bytes.Buffer, d *xml.Decoder, t xml.StartElement) error {
	var content string
	if err := d.DecodeElement(&content, &t); err != nil {
		return fmt.Errorf("report: a drawing's text: %w", err)
	}
	fmt.Fprintf(b, `<text x="%s" y="%s" transform="%s" style="%s"`, html.EscapeString(attribute(t, "x")), html.EscapeString(attribute(t, "y")),
		html.EscapeString(attribute(t, "transform")), html.EscapeString(restyled(attribute(t, "style"))))
	if w := width(content); w > 0 {
		fmt.Fprintf(b, ` textLength="%.1f" lengthAdjust="spacingAndGlyphs"`, w)
	}
	fmt.Fprintf(b, ">%s</text>", html.EscapeString(content))
	return nil
}

// width of a text in the font of the drawings, in points; 0: it cannot be told.
func width(text string) float64 {
	for _, r := range text {
		if r > unicode.MaxLatin1 && r != '−' && r != '–' && r != '…' {
			return 0
		}
	}
	face := plot.DefaultTextHandler.Cache().Lookup(font.From(typeface, letters), letters)
	return vg.Length(face.Width(text)).Points()
}
