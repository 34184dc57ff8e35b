package configs

import (
	"net"
	"net/url"
	"strings"
)

// COMPAT(docker-jitsi-meet): people who come from there have an environment file with its names. Those that have a counterpart here
// stand for it, below the configuration file and STAMMTISCH_…; all others are ignored, as most have none and some (LOG_LEVEL, TZ)
// belong to everybody.
//
// They count only where PUBLIC_URL is set, which every such file has: a JVB_PORT by itself may be another program's.
func dockerValues(getenv func(string) (string, bool)) map[string]string {
	public := lookup(getenv, "PUBLIC_URL")
	if public == "" {
		return nil
	}
	out := map[string]string{}
	if u, err := url.Parse(public); err == nil && u.Host != "" {
		out["web.url"] = u.Scheme + "://" + u.Host
		out["domain"] = u.Hostname() // not XMPP_DOMAIN: meet.jitsi is a name inside of its containers
	} else if host, _, err := net.SplitHostPort(public); err == nil { // without a scheme, as its documentation once had it
		out["web.url"], out["domain"] = "https://"+public, host
	} else {
		out["web.url"], out["domain"] = "https://"+public, public
	}
	if truth, ok := parseBool(lookup(getenv, "ENABLE_AUTH")); ok {
		out["access"] = string(Open)
		if truth {
			out["access"] = string(Accounts)
		}
	}
	if truth, ok := parseBool(lookup(getenv, "DISABLE_HTTPS")); ok && truth {
		out["web.tls"] = string(Off)
	}
	if port := lookup(getenv, "JVB_PORT"); port != "" {
		out["bridge.listen"] = ":" + port
	}
	if ips := lookup(getenv, "JVB_ADVERTISE_IPS"); ips != "" {
		out["bridge.advertise"] = advertised(ips)
	}
	if proxies := lookup(getenv, "PROSODY_TRUSTED_PROXIES"); proxies != "" {
		out["web.trusted_proxies"] = proxies
	}
	return out
}

// advertised turns its notation of a port, ip#port, into ours.
func advertised(list string) string {
	parts := strings.Split(list, ",")
	for i, p := range parts {
		if ip, port, ok := strings.Cut(strings.TrimSpace(p), "#"); ok {
			parts[i] = net.JoinHostPort(ip, port)
		}
	}
	return strings.Join(parts, ",")
}

func lookup(getenv func(string) (string, bool), name string) string {
	value, _ := getenv(name)
	return strings.TrimSpace(value)
}

// parseBool accepts what its templates do.
func parseBool(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "1", "true", "t":
		return true, true
	case "0", "false", "f":
		return false, true
	default:
		return false, false
	}
}
