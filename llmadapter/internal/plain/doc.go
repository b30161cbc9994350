// Package plain makes texts from outside fit to be shown: to people, in records, and to models.
package plain
