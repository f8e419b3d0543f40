//! Loads the sample into its sandbox book through engine commands, in order of business time.
//! Must never stop half-way unseen: a refused command ends the load with its code.
