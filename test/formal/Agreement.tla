------------------------------ MODULE Agreement ------------------------------
(***************************************************************************)
(* How a committee decides once about a subject (PROTOCOL: Agreement):     *)
(* the safety of Tendermint's rounds, locks and polkas.  README.md beside  *)
(* this file names what is assumed and what is proved;                     *)
(* agreement.test.ts keeps the rules below and the core together.          *)
(*                                                                         *)
(* The adversary is as strong as it can be.  Hostile members have signed   *)
(* every ballot of every round.  Whoever's turn it is, any value may be    *)
(* proposed to any member, with whatever polka there is.  Every wait may   *)
(* end at any time, and any message reaches anyone late, or never.  What   *)
(* is left to model is the honest members, and what they have signed.      *)
(***************************************************************************)
EXTENDS Integers, FiniteSets

CONSTANTS
  Members,
  Hostile,       \* those of them that sign anything
  Sound,         \* values that an honest member may find valid
  Unsound,       \* and those that none does
  MaxRound,      \* rounds 0 .. MaxRound
  None           \* no value

----------------------------------------------------------------------------
(* The committee.                                                          *)

Quorum(n) == (2 * n) \div 3 + 1
FaultsTolerated(n) == (n - 1) \div 3

Honest == Members \ Hostile
Needed == Quorum(Cardinality(Members))
Values == Sound \cup Unsound
Rounds == 0..MaxRound

(* So a quorum holds an honest ballot, and what none signed has no quorum. *)
ASSUME HostileAreNoQuorum == Cardinality(Hostile) < Needed

----------------------------------------------------------------------------
(* The rules by which a member `self` gives ballots.                       *)

(* Without a lock its round is -1, and so is that of a proposal that rests *)
(* on no polka.                                                            *)
RestsOnEarlier(self, value, validRound) == validRound < self.round
FreeFor(self, value, validRound) ==
  self.lockedValue = value \/ validRound >= self.lockedRound

MayPrevote(self, value, validRound) ==
  /\ RestsOnEarlier(self, value, validRound)
  /\ FreeFor(self, value, validRound)

FindsValid(self, value) == value \in Sound

AfterPrevote(self, value) == [self EXCEPT !.step = "prevote"]

AfterPrecommit(self, value) ==
  [self EXCEPT !.step = "precommit", !.lockedRound = self.round, !.lockedValue = value]

AfterRound(self) == [self EXCEPT !.step = "propose", !.round = @ + 1]

----------------------------------------------------------------------------
(* The committee at work.                                                  *)

VARIABLES
  member,        \* what each honest member has on disk
  said           \* the ballots that each honest member has ever signed

vars == <<member, said>>

Ballot == [kind : {"prevote", "precommit"}, round : Rounds, value : Values \cup {None}]

Voters(k, r, v) ==
  {n \in Honest : [kind |-> k, round |-> r, value |-> v] \in said[n]} \cup Hostile
HasQuorum(k, r, v) == Cardinality(Voters(k, r, v)) >= Needed

(* Anyone may collect them, and show them. *)
Polka(r, v) == HasQuorum("prevote", r, v)
Decided(v) == \E r \in Rounds : HasQuorum("precommit", r, v)

Init ==
  /\ member = [n \in Honest |->
                 [round |-> 0, step |-> "propose", lockedRound |-> -1, lockedValue |-> None]]
  /\ said = [n \in Honest |-> {}]

Say(n, k, v) ==
  said' = [said EXCEPT ![n] = @ \cup {[kind |-> k, round |-> member[n].round, value |-> v]}]

(* A polka shows that honest members found the value valid. *)
Prevote(n, v, vr) ==
  LET self == member[n] IN
    /\ self.step = "propose"
    /\ vr = -1 \/ (vr \in Rounds /\ Polka(vr, v))
    /\ MayPrevote(self, v, vr)
    /\ FindsValid(self, v) \/ \E r \in Rounds : Polka(r, v)
    /\ member' = [member EXCEPT ![n] = AfterPrevote(@, v)]
    /\ Say(n, "prevote", v)

PrevoteNone(n) ==
  /\ member[n].step = "propose"
  /\ member' = [member EXCEPT ![n].step = "prevote"]
  /\ Say(n, "prevote", None)

PolkaIsThere(self, value) == Polka(self.round, value)

Precommit(n, v) ==
  LET self == member[n] IN
    /\ self.step = "prevote"
    /\ PolkaIsThere(self, v)
    /\ member' = [member EXCEPT ![n] = AfterPrecommit(@, v)]
    /\ Say(n, "precommit", v)

PrecommitNone(n) ==
  /\ member[n].step = "prevote"
  /\ member' = [member EXCEPT ![n].step = "precommit"]
  /\ Say(n, "precommit", None)

(* Members go on to later rounds from any step, one by one or by a jump. *)
NewRound(n) ==
  /\ member[n].round < MaxRound
  /\ member' = [member EXCEPT ![n] = AfterRound(@)]
  /\ UNCHANGED said

Acts(n) ==
  \/ \E v \in Values, vr \in -1..MaxRound : Prevote(n, v, vr)
  \/ PrevoteNone(n)
  \/ \E v \in Values : Precommit(n, v)
  \/ PrecommitNone(n)
  \/ NewRound(n)

Next == \E n \in Honest : Acts(n)

Spec == Init /\ [][Next]_vars

----------------------------------------------------------------------------
(* What is promised.                                                       *)

TypeOK ==
  /\ said \in [Honest -> SUBSET Ballot]
  /\ member \in [Honest -> [round : Rounds, step : {"propose", "prevote", "precommit"},
                            lockedRound : -1..MaxRound, lockedValue : Values \cup {None}]]

(* No two values are decided, whoever decides. *)
OneDecision == \A v, w \in Values : Decided(v) /\ Decided(w) => v = w

(* Nothing is decided that no honest member found valid. *)
DecisionIsSound == \A v \in Values : Decided(v) => v \in Sound

(* An honest member gives one ballot of a kind in a round. *)
BallotsNeverContradict ==
  \A n \in Honest : \A a, b \in said[n] :
    a.kind = b.kind /\ a.round = b.round => a.value = b.value

(* What made a member precommit was a polka, which it can show. *)
LockIsPolka ==
  \A n \in Honest :
    member[n].lockedRound >= 0 => Polka(member[n].lockedRound, member[n].lockedValue)

THEOREM Safety ==
  Cardinality(Hostile) <= FaultsTolerated(Cardinality(Members)) /\ Spec =>
    [](TypeOK /\ OneDecision /\ DecisionIsSound /\ BallotsNeverContradict /\ LockIsPolka)
=============================================================================
