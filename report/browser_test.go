package report_test

import (
	"context"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/polis-agents/polis/report"
)

var shots = flag.String("shots", "", "a directory for pictures of the pages, to be looked at")

// browser starts a headless browser that ends with the test.
func browser(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "headless-shell"} {
		found, err := exec.LookPath(name)
		if err == nil && exec.CommandContext(t.Context(), found, "--version").Run() == nil { // some only say how to install it
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("SKIPPED: no chromium that runs here, so no browser has looked at the report; install chromium to have it tested")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()))
	if os.Geteuid() == 0 { // as in a container, where its sandbox does not work
		options = append(options, chromedp.NoSandbox)
	}
	// Not the test's own context, which is done before the browser can be closed.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	ctx, end := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(end)
	ctx, quit := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // it ends the process, or the deadline does
		quit()
	})
	must(t, chromedp.Do(ctx))
	return ctx
}

// watch notes what a tab asks for and complains of.
type watch struct {
	mu       sync.Mutex
	asked    []string
	complain []string
}

// tab opens a new tab and watches it.
func tab(ctx context.Context, t *testing.T) (context.Context, *watch) {
	t.Helper()
	w := &watch{}
	ctx, cancel := chromedp.NewContext(ctx, chromedp.WithListener(func(event any) {
		w.mu.Lock()
		defer w.mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			w.asked = append(w.asked, e.Request.URL)
		case *log.EventEntryAdded:
			w.complain = append(w.complain, e.Entry.Text)
		case *runtime.EventExceptionThrown:
			w.complain = append(w.complain, e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			w.complain = append(w.complain, string(e.Type))
		}
	}))
	t.Cleanup(cancel)
	must(t, chromedp.Do(ctx))
	call(ctx, t, network.Enable, network.EnableParams{})
	call(ctx, t, log.Enable, cdp.Empty{})
	return ctx, w
}

// call carries out a command of the browser's protocol.
func call[P, R any](ctx context.Context, t *testing.T, command cdp.Command[P, R], params P) R {
	t.Helper()
	answer, err := chromedp.Call(ctx, command, params)
	must(t, err)
	return answer
}

// seen is what a script finds on the page.
type seen struct {
	Headline string   `json:"headline"`
	Plots    int      `json:"plots"`  // drawings
	Faults   []string `json:"faults"` // of layout and drawings
}

// look measures the page: everything fits its width, every plot is drawn, within its box, with a name, and no two of its
// texts lie upon each other.
const look = `(() => {
	const faults = [], add = (svg, what) => faults.push((svg.querySelector('title') || {}).textContent + ': ' + what);
	const width = document.documentElement.clientWidth;
	if (document.documentElement.scrollWidth > width) faults.push('the page is wider than its window: ' + document.documentElement.scrollWidth + ' > ' + width);
	for (const e of document.querySelectorAll('script, iframe, img, object, embed, form, base, [onclick], [onerror], [onload], [onmouseover]'))
		faults.push('there is a ' + e.outerHTML.slice(0, 80));
	if (document.title === 'harm') faults.push('a script has run');
	const svgs = [...document.querySelectorAll('svg')];
	const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
	if (new Set(ids).size !== ids.length) faults.push('an id is there twice');
	for (const svg of svgs) {
		const box = svg.getBoundingClientRect();
		if (!(box.width > 80 && box.height > 40)) add(svg, 'it has a size of ' + box.width + ' by ' + box.height);
		if (box.right > width + 1) add(svg, 'it leaves the page');
		for (const id of svg.getAttribute('aria-labelledby').split(' '))
			if (!(document.getElementById(id) || {}).textContent) add(svg, 'there is no ' + id);
		const drawn = [...svg.querySelectorAll('path')].filter(p => { const b = p.getBBox(); return b.width > 0 || b.height > 0; });
		if (drawn.length < 3) add(svg, 'only ' + drawn.length + ' paths are drawn');
		const texts = [...svg.querySelectorAll('text')].map(e => [e.textContent, e.getBoundingClientRect()]);
		for (const e of svg.querySelectorAll('path, text')) {
			const b = e.getBoundingClientRect();
			if (b.left < box.left - 1.5 || b.right > box.right + 1.5 || b.top < box.top - 1.5 || b.bottom > box.bottom + 1.5)
				add(svg, e.tagName + ' ' + e.textContent + ' leaves the box');
		}
		for (let i = 0; i < texts.length; i++) for (let j = 0; j < i; j++) {
			const [s, a] = texts[i], [u, b] = texts[j], slack = 0.25 * Math.min(a.height, b.height);
			if (a.left < b.right - 0.5 && b.left < a.right - 0.5 && a.top < b.bottom - slack && b.top < a.bottom - slack) add(svg, s + ' lies upon ' + u);
		}
	}
	return {headline: document.getElementById('headline').innerText, plots: svgs.length, faults: faults};
})()`

// view is how a page is looked at.
type view struct {
	name        string
	width       int64
	media       string
	dark, greys bool
}

var views = []view{
	{name: "wide", width: 1200}, {name: "phone", width: 360}, {name: "dark", width: 1200, dark: true},
	{name: "print", width: 760, media: "print"}, {name: "greys", width: 760, greys: true},
}

func (v view) apply(ctx context.Context, t *testing.T) {
	t.Helper()
	scheme, vision := "light", emulation.SetEmulatedVisionDeficiencyTypeNone
	if v.dark {
		scheme = "dark"
	}
	if v.greys {
		vision = emulation.SetEmulatedVisionDeficiencyTypeAchromatopsia
	}
	must(t, chromedp.Do(ctx, chromedp.EmulateViewport(v.width, 900)))
	call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: v.media,
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	call(ctx, t, emulation.SetEmulatedVisionDeficiency, emulation.SetEmulatedVisionDeficiencyParams{Type: vision})
}

// picture keeps a picture of the page when somebody wants to look at it.
func picture(ctx context.Context, t *testing.T, name string) {
	t.Helper()
	if *shots == "" {
		return
	}
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	must(t, err, os.MkdirAll(*shots, 0o777), os.WriteFile(filepath.Join(*shots, name+".png"), png, 0o666))
}

// "The report opened in a headless browser: no request leaves it, no error in the console, every plot drawn." From a
// file and from a server, on a wide page and on a phone, in the dark, in print and without colours.
func TestBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes seconds")
	}
	ctx := browser(t)
	for name, dir := range pages(t) {
		t.Run(name, func(t *testing.T) {
			_, d := saved(t, dir)
			plots := 0
			for _, p := range slices.Concat(d.Held, d.Plots) {
				plots += len(p.Panels)
			}
			check := func(ctx context.Context, t *testing.T, w *watch, url string, views []view) {
				must(t, chromedp.Do(ctx, chromedp.Navigate(url)))
				for _, v := range views {
					v.apply(ctx, t)
					s, err := chromedp.Run(ctx, chromedp.Evaluate[seen](look))
					must(t, err)
					if strings.Join(strings.Fields(s.Headline), " ") != strings.Join(strings.Fields(d.Headline), " ") {
						t.Errorf("%s: headline %q, want %q", v.name, s.Headline, d.Headline)
					}
					if s.Plots != plots {
						t.Errorf("%s: %d drawings, want %d", v.name, s.Plots, plots)
					}
					for _, fault := range s.Faults {
						t.Errorf("%s: %s", v.name, fault)
					}
					picture(ctx, t, name+"-"+v.name)
				}
				w.mu.Lock()
				defer w.mu.Unlock()
				for _, asked := range w.asked {
					if asked != url && !strings.HasPrefix(asked, "data:") {
						t.Errorf("it asked for %s", asked)
					}
				}
				if len(w.complain) > 0 {
					t.Errorf("the console says %q", w.complain)
				}
			}
			file, w := tab(ctx, t)
			check(file, t, w, "file://"+filepath.Join(dir, "report.html"), views)
			pdf, err := chromedp.Run(file, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize()))
			must(t, err)
			if len(pdf) < 10_000 || string(pdf[:5]) != "%PDF-" {
				t.Errorf("printed, it has %d bytes", len(pdf))
			}

			var requests atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				http.ServeFile(w, r, filepath.Join(dir, "report.html"))
			}))
			defer server.Close()
			served, w := tab(ctx, t)
			check(served, t, w, server.URL+"/", views[:1])
			if n := requests.Load(); n != 1 {
				t.Errorf("the server got %d requests, want one for the page", n)
			}
		})
	}
}

// The page of a sweep is held to the same.
func TestBrowserOnSweeps(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes seconds")
	}
	ctx := browser(t)
	for name, arm := range map[string]string{"sweep": "cut", "hostile": nasty[0]} {
		dir := swept(t, arm)
		s, err := report.SaveSweep(dir)
		must(t, err)
		plots := 0
		for _, p := range slices.Concat(s.Held, s.Curves, s.Survival) {
			plots += len(p.Panels)
		}
		page, w := tab(ctx, t)
		must(t, chromedp.Do(page, chromedp.Navigate("file://"+filepath.Join(dir, "report.html"))))
		for _, v := range views {
			v.apply(page, t)
			found, err := chromedp.Run(page, chromedp.Evaluate[seen](look))
			must(t, err)
			if found.Plots != plots || len(found.Faults) > 0 {
				t.Errorf("%s, %s: %d drawings, want %d: %q", name, v.name, found.Plots, plots, found.Faults)
			}
			picture(page, t, name+"-of-arms-"+v.name)
		}
		w.mu.Lock()
		if len(w.complain) > 0 || slices.ContainsFunc(w.asked[1:], func(url string) bool { return !strings.HasPrefix(url, "data:") }) {
			t.Errorf("%s: it asked for %q, the console says %q", name, w.asked, w.complain)
		}
		w.mu.Unlock()
	}
}
