package emergence

// catalogue is every measure, by the order of their value: what published work most often lacks comes first.
var catalogue = []Measure{
	entropyMeasure, mutualInformation, consensusTime, survival, gini, transferEntropy, activeInformation,
	totalCorrelation, dualTotalCorrelation, oInformation, coInformation, pid, causalEmergence,
	magnetisation, kuramoto, polarisation, graphMeasure, modularity, divisionOfLabour, diversity, jensenShannon,
	criticalMass, changePoint, effectiveInformation, burstiness,
}
