--------------------------- MODULE AgreementCheck ---------------------------
(***************************************************************************)
(* What TLC needs beside Agreement: the symmetry by which it merges        *)
(* states, and weaker rules, put in one at a time by a line                *)
(*     CONSTANT rule <- weaker                                             *)
(***************************************************************************)
EXTENDS Agreement, TLC

Symmetry == Permutations(Honest) \cup Permutations(Sound)

NeverLocked(self, value, validRound) == TRUE
NoRule(self, value) == TRUE
OneVoteLess == Quorum(Cardinality(Members)) - 1
WithoutLock(self, value) == [self EXCEPT !.step = "precommit"]

(* A member whose lock runs out. *)
Unlock(n) ==
  /\ member' = [member EXCEPT ![n].lockedRound = -1, ![n].lockedValue = None]
  /\ UNCHANGED said
NextOrUnlock == \E n \in Honest : Acts(n) \/ Unlock(n)

(* A member that forgets at a restart what it said in its round. *)
Forget(n) == member' = [member EXCEPT ![n].step = "propose"] /\ UNCHANGED said
NextOrForget == \E n \in Honest : Acts(n) \/ Forget(n)
=============================================================================
