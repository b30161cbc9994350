// Package sockettest has the client of a wire form meet servers that are no friends of it, on bare sockets: heads, lines
// and bodies without end, bombs of gzip, lies about lengths, redirects, silence. Whatever a server does must end in an
// answer that keeps the contract or in an error that says what happened, in bounded memory, without a goroutine left and
// without the key in any text.
package sockettest
