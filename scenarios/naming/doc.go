// Package naming is the naming game: agents that meet in pairs come to call a thing by one name, though nobody ever sees
// more than the games it plays itself. Under the minimal rule one speaks and one hears (Baronchelli, Felici, Loreto,
// Caglioti and Steels, "Sharp transition towards shared vocabularies in multi-agent systems", J. Stat. Mech. P06014, 2006);
// under the memory rule both choose at once and remember their last interactions (Ashery, Aiello and Baronchelli,
// "Emergent social conventions and collective bias in LLM populations", Science Advances 11, eadu9368, 2025). Names may
// be invented or come from a fixed vocabulary, and a minority may be committed to one of them.
//
// Talk and Match are the worlds: they say who meets whom, carry words and keep count. What an agent knows is in the agent.
package naming
