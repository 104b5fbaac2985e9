/*
 * The transfer protocol of Transfer.tla again, for Spin: small enough to be searched to its end in
 * CI. The same names say the same things, and the same adversary is at work: every order that can
 * be written is signed, every hostile authority has voted for every order, and any message comes
 * late, twice, out of turn or never.
 *
 * Each bound and rule that has an #ifndef can be replaced from outside (spin -DNO_GAP=true),
 * to look at another small world or to show that the rule is needed.
 */

/* The bounds. */
#ifndef HOSTILE
#define HOSTILE 1
#endif
#ifndef ACCOUNTS
#define ACCOUNTS 2
#endif
#ifndef SEQUENCES
#define SEQUENCES 2
#endif
#define MEMBERS 4
#define HONEST (MEMBERS - HOSTILE)
#define ENDOWMENT 1
#define AMOUNTS 4 /* -1, 0, 1 and 2 */

/* The committee. */
#ifndef NEEDED
#define NEEDED ((2 * MEMBERS) / 3 + 1)
#endif

/* An order is one number, made of account, sequence, recipient and amount. */
#define ORDERS (ACCOUNTS * SEQUENCES * ACCOUNTS * AMOUNTS)
#define NONE ORDERS
#define AMOUNT(order) ((order) % AMOUNTS - 1)
#define RECIPIENT(order) ((order) / AMOUNTS % ACCOUNTS)
#define NUMBER(order) ((order) / (AMOUNTS * ACCOUNTS)) /* account and sequence */
#define SEQUENCE(order) (NUMBER(order) % SEQUENCES)
#define ACCOUNT(order) (NUMBER(order) / SEQUENCES)

/* What each honest authority has on disk. */
typedef Authority {
  byte next[ACCOUNTS];
  byte pending[ACCOUNTS];
  short balance[ACCOUNTS]
}
Authority authority[HONEST];

/* Who has ever signed an order, and who has applied it: one bit for each honest authority. */
byte votes[ORDERS];
byte applied[ORDERS];

#define BIT(self) (1 << (self))
#define SIZE(set) (((set) & 1) + ((set) >> 1 & 1) + ((set) >> 2 & 1))
#define CERTIFIED(order) (votes[order] != 0 && SIZE(votes[order]) + HOSTILE >= NEEDED)

/* The rules by which the authority `self` votes for `order`. */
#define NEXT authority[self].next[ACCOUNT(order)]
#define PENDING authority[self].pending[ACCOUNT(order)]
#define BALANCE authority[self].balance[ACCOUNT(order)]
#define INCOME authority[self].balance[RECIPIENT(order)]

#ifndef POSITIVE_AMOUNT
#define POSITIVE_AMOUNT (AMOUNT(order) > 0)
#endif
#ifndef NOT_TO_ITSELF
#define NOT_TO_ITSELF (RECIPIENT(order) != ACCOUNT(order))
#endif
#ifndef NOT_USED
#define NOT_USED (SEQUENCE(order) >= NEXT)
#endif
#ifndef NO_GAP
#define NO_GAP (SEQUENCE(order) <= NEXT)
#endif
#ifndef NOTHING_PENDING
#define NOTHING_PENDING (PENDING == NONE)
#endif
#ifndef ENOUGH_BALANCE
#define ENOUGH_BALANCE (BALANCE >= AMOUNT(order))
#endif

/* No balance is asked for here: income may be on its way to this authority. */
#ifndef CERTIFICATE_IS_NEXT
#define CERTIFICATE_IS_NEXT (SEQUENCE(order) == NEXT)
#endif
#define NEXT_AND_FUNDED ((SEQUENCE(order) == NEXT) && ENOUGH_BALANCE) /* must fail */

/* Two habits that must fail: to sign what was applied, to vote on after coming back from a copy. */
#ifndef SIGN_APPLIED
#define SIGN_APPLIED false
#endif
#ifndef RESTORE
#define RESTORE false
#endif

inline sign() {
  printf("%d signs: account %d, sequence %d, pays account %d, amount %d\n",
    self, ACCOUNT(order), SEQUENCE(order), RECIPIENT(order), AMOUNT(order));
  votes[order] = votes[order] | BIT(self)
}

inline vote() {
  sign();
  PENDING = order
}

inline apply() {
  printf("%d applies: account %d, sequence %d, pays account %d, amount %d\n",
    self, ACCOUNT(order), SEQUENCE(order), RECIPIENT(order), AMOUNT(order));
  NEXT = NEXT + 1;
  PENDING = NONE;
  applied[order] = applied[order] | BIT(self);
  BALANCE = BALANCE - AMOUNT(order);
  if
  :: RECIPIENT(order) != ACCOUNT(order) -> INCOME = INCOME + AMOUNT(order)
  :: else
  fi
}

inline start() {
  printf("%d starts from genesis\n", self);
  for (order : 0 .. ORDERS - 1) { applied[order] = applied[order] & ~BIT(self) }
  for (a : 0 .. ACCOUNTS - 1) {
    authority[self].next[a] = 0;
    authority[self].pending[a] = NONE;
    authority[self].balance[a] = ENDOWMENT
  }
}

/* What is promised, judged after every step. Hidden variables are scratch. */
hidden byte OneCertificate, VotesNeverContradict, NobodyOverspends, SumIsConserved;
hidden byte LedgerIsItsCertificates, DebtIsIncomeOnItsWay, CatchUpIsNeverStuck;

hidden byte a; /* an account */
hidden byte number, certificates, signers;
hidden short sum;
hidden short worth[ACCOUNTS];  /* by the certificates in view */
hidden short income[ACCOUNTS]; /* by certificates that this authority lacks */
hidden byte count[ACCOUNTS];   /* of certificates that this authority has applied */
hidden byte lacks[ACCOUNTS];   /* a certificate of the account is not applied here */
hidden byte offer[ACCOUNTS];   /* a certificate of the account would apply here now */

inline judge_certificates() {
  for (a : 0 .. ACCOUNTS - 1) { worth[a] = ENDOWMENT }
  number = NONE;
  for (order : 0 .. ORDERS - 1) {
    if
    :: NUMBER(order) != number -> number = NUMBER(order); certificates = 0; signers = 0
    :: else
    fi;
    VotesNeverContradict = VotesNeverContradict && (signers & votes[order]) == 0;
    signers = signers | votes[order];
    if
    :: CERTIFIED(order) ->
      certificates++;
      OneCertificate = OneCertificate && certificates == 1;
      worth[ACCOUNT(order)] = worth[ACCOUNT(order)] - AMOUNT(order);
      worth[RECIPIENT(order)] = worth[RECIPIENT(order)] + AMOUNT(order)
    :: else
    fi
  }
  for (a : 0 .. ACCOUNTS - 1) { NobodyOverspends = NobodyOverspends && worth[a] >= 0 }
}

inline judge_ledger() {
  for (a : 0 .. ACCOUNTS - 1) {
    worth[a] = ENDOWMENT; income[a] = 0; count[a] = 0; lacks[a] = false; offer[a] = false
  }
  for (order : 0 .. ORDERS - 1) {
    if
    :: applied[order] & BIT(self) ->
      count[ACCOUNT(order)]++;
      worth[ACCOUNT(order)] = worth[ACCOUNT(order)] - AMOUNT(order);
      worth[RECIPIENT(order)] = worth[RECIPIENT(order)] + AMOUNT(order)
    :: else ->
      if
      :: CERTIFIED(order) ->
        lacks[ACCOUNT(order)] = true;
        income[RECIPIENT(order)] = income[RECIPIENT(order)] + AMOUNT(order)
      :: else
      fi
    fi;
    offer[ACCOUNT(order)] = offer[ACCOUNT(order)] || (CERTIFIED(order) && CERTIFICATE_IS_NEXT)
  }
  sum = 0;
  for (a : 0 .. ACCOUNTS - 1) {
    sum = sum + authority[self].balance[a];
    LedgerIsItsCertificates = LedgerIsItsCertificates &&
      authority[self].balance[a] == worth[a] && authority[self].next[a] == count[a];
    DebtIsIncomeOnItsWay = DebtIsIncomeOnItsWay && authority[self].balance[a] + income[a] >= 0;
    CatchUpIsNeverStuck = CatchUpIsNeverStuck && (offer[a] || !lacks[a])
  }
  SumIsConserved = SumIsConserved && sum == ACCOUNTS * ENDOWMENT
}

inline judge() {
  OneCertificate = true; VotesNeverContradict = true; NobodyOverspends = true;
  SumIsConserved = true; LedgerIsItsCertificates = true;
  DebtIsIncomeOnItsWay = true; CatchUpIsNeverStuck = true;
  judge_certificates();
  for (self : 0 .. HONEST - 1) { judge_ledger() }
  assert(OneCertificate);
  assert(VotesNeverContradict);
  assert(NobodyOverspends);
  assert(SumIsConserved);
  assert(LedgerIsItsCertificates);
  assert(DebtIsIncomeOnItsWay);
  assert(CatchUpIsNeverStuck)
}

active proctype committee() {
  byte self, order;
  d_step {
    for (self : 0 .. HONEST - 1) { start() }
    self = 0; order = 0
  }
  do
  :: atomic {
      select(self : 0 .. HONEST - 1);
      select(order : 0 .. ORDERS - 1);
      if
      :: POSITIVE_AMOUNT && NOT_TO_ITSELF && NOT_USED && NO_GAP && NOTHING_PENDING &&
         ENOUGH_BALANCE -> d_step { vote(); judge(); self = 0; order = 0 }
      :: CERTIFIED(order) && CERTIFICATE_IS_NEXT ->
         d_step { apply(); judge(); self = 0; order = 0 }
      :: SIGN_APPLIED && applied[order] & BIT(self) ->
         d_step { sign(); judge(); self = 0; order = 0 }
      :: RESTORE && order == 0 -> d_step { start(); judge(); self = 0; order = 0 }
      :: else -> self = 0; order = 0 /* refused, or nothing new */
      fi
    }
  od
}
