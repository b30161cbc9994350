package bench

// emergenceSuite is what it costs to look for emergence, and to have something to look at. Each result has a file of its own.
func emergenceSuite() []part {
	return []part{transferTrial, groupTrial, namingTrial, watchingTrial}
}
