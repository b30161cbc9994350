// Package screen is what one watches while a society runs in a terminal: who lives there, what they take and say,
// whether they keep their word, what failed, how busy the model is; and the keys that change it.
//
// What observers are told is folded into a board, a bounded state that is cheap to take a picture of. Events never
// wait for the terminal: the newest state is drawn, at most thirty times a second. Drawing is a function of the
// picture and of the size of the terminal.
package screen
