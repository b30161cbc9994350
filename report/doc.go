// Package report makes of a kept run the page that one would forward: report.html, one file that needs nothing else and
// asks nothing of anybody, and report.json, the same as data. Open reads what a run's directory holds (manifest.json,
// rounds.csv and agents.csv; of several runs also the directories of each seed), New makes a Document of it, WriteHTML
// and WriteJSON write it, and Save puts both beside the manifest. The same directory gives the same bytes, however
// often, for nothing else enters: no clock, no chance, no map whose order could be seen.
//
// What is read was written by agents, models and whoever touched the directory since, so nothing of it is believed:
// numbers are checked, texts are cut and escaped, and what is damaged is named with its file.
package report
