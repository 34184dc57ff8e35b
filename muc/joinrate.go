package muc

import "stammtisch/xmpp"

// joinRate bounds how often an account enters: each time everybody hears of it, and the focus invites it.
type joinRate struct {
	plain
	r        *room
	accounts map[xmpp.JID]*bucket
}

// joinRateAccounts is how many accounts are remembered before those are forgotten that have entered only once of late.
const joinRateAccounts = 1000

func (x *joinRate) beforeJoin(j *join) error {
	rate, now, account := x.r.svc.cfg.Limits.Join, x.r.svc.deps.Now(), j.from.Bare()
	if j.admin || rate.PerSecond <= 0 {
		return nil
	}
	b := x.accounts[account]
	if b == nil {
		if len(x.accounts) >= joinRateAccounts {
			x.forget()
		}
		b = &bucket{}
		x.accounts[account] = b
	}
	if ok, _ := b.take(rate, now); !ok {
		return errTooFast
	}
	return nil
}

// forget drops who has entered only once; if that is nobody, everybody.
func (x *joinRate) forget() {
	for account, b := range x.accounts {
		if b.spent <= 1 {
			delete(x.accounts, account)
		}
	}
	if len(x.accounts) >= joinRateAccounts {
		clear(x.accounts)
	}
}
