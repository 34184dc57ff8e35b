//go:build !unix

package accounts

func isNoSpace(error) bool { return false }
