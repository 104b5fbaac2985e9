-------------------------------- MODULE Check --------------------------------
(***************************************************************************)
(* What TLC needs beside Transfer: the symmetry by which it merges states, *)
(* and weaker rules, put in one at a time by a line                        *)
(*     CONSTANT rule <- weaker                                             *)
(* in a configuration, to show that each rule of Transfer is needed.       *)
(***************************************************************************)
EXTENDS Transfer, TLC

Symmetry == Permutations(Honest) \cup Permutations(Accounts)

NoRule(self, order) == TRUE
OneVoteLess == Quorum(Cardinality(Authorities)) - 1
NextAndFunded(self, order) ==
  /\ order.sequence = self.next[order.account]
  /\ EnoughBalance(self, order)

(* An authority that signs an order because it has applied its certificate. *)
SignApplied(n) ==
  /\ votes' = [votes EXCEPT ![n] = @ \cup authority[n].applied]
  /\ UNCHANGED authority
NextOrSignApplied == \E n \in Honest : HearOrder(n) \/ CatchUp(n) \/ SignApplied(n)

(* An authority that comes back from an old copy and votes on (PROTOCOL: Evidence is used). *)
Restore(n) == authority' = [authority EXCEPT ![n] = Genesis] /\ UNCHANGED votes
NextOrRestore == \E n \in Honest : HearOrder(n) \/ CatchUp(n) \/ Restore(n)
==============================================================================
