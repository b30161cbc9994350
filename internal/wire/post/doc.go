// Package post is the form in which messages cross between the processes of a cluster: one envelope, and the frames of
// the links that carry it. It is generated from post.proto by `make generate`. What stands in it may have been written
// by anybody: package cluster checks it.
package post
