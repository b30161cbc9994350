package cluster

import (
	"fmt"
	"hash/fnv"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Member is a node as all of them know it.
type Member struct {
	Name string // as in its certificate
	Addr string // HOST:PORT where the others reach it
}

// maxMembers bounds a cluster whose members all talk to one another.
const maxMembers = 64

// shardsPerMember makes shards so many that members get about equal shares, and so few that one can be moved alone.
const shardsPerMember = 4

var nodeName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// ParseMembers reads NAME=HOST:PORT,NAME=HOST:PORT,…; the first is where the world lives. All nodes are to be told the
// same.
func ParseMembers(text string) (members []Member, err error) {
	for part := range strings.SplitSeq(text, ",") {
		name, addr, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			return nil, fmt.Errorf("cluster: member %q; accepted is NAME=HOST:PORT", part)
		}
		members = append(members, Member{Name: name, Addr: addr})
	}
	return members, checkMembers(members)
}

func checkMembers(members []Member) error {
	if len(members) == 0 || len(members) > maxMembers {
		return fmt.Errorf("cluster: %d members; accepted are 1 to %d", len(members), maxMembers)
	}
	for i, m := range members {
		if !nodeName.MatchString(m.Name) {
			return fmt.Errorf("cluster: member %q; accepted is a name of 1 to 63 small letters, digits and -", m.Name)
		}
		if err := checkAddr(m.Addr); err != nil {
			return fmt.Errorf("cluster: member %q: %w", m.Name, err)
		}
		for _, other := range members[:i] {
			if other.Name == m.Name {
				return fmt.Errorf("cluster: two members are named %q", m.Name)
			}
			if other.Addr == m.Addr {
				return fmt.Errorf("cluster: members %q and %q have one address, %s", other.Name, m.Name, m.Addr)
			}
		}
	}
	return nil
}

// checkAddr accepts HOST:PORT with a port that is known beforehand.
func checkAddr(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	n, bad := strconv.ParseUint(port, 10, 16)
	if err != nil || host == "" || bad != nil || n == 0 {
		return fmt.Errorf("address %q; accepted is HOST:PORT with a port from 1 to 65535", addr)
	}
	return nil
}

// listed is the list as it is compared between nodes.
func listed(members []Member) string {
	var all []string
	for _, m := range members {
		all = append(all, m.Name+"="+m.Addr)
	}
	return strings.Join(all, ",")
}

// placement says on which member an actor lives. It follows from the members alone, so nobody has to be asked.
type placement struct {
	members []Member
	shards  []string // the member of each
}

func place(members []Member) *placement {
	p := &placement{members: members, shards: make([]string, shardsPerMember*len(members))}
	for shard := range p.shards { // rendezvous: a member that is added takes shards, and moves none between others
		best := uint64(0)
		for _, m := range members {
			if score := hash(m.Name + "/" + strconv.Itoa(shard)); p.shards[shard] == "" || score > best {
				p.shards[shard], best = m.Name, score
			}
		}
	}
	return p
}

// of gives the member on which an actor lives: agents by their shard, all else with the world on the first.
func (p *placement) of(actor string) string {
	if !strings.HasPrefix(actor, agentPrefix) {
		return p.members[0].Name
	}
	return p.shards[hash(actor)%uint64(len(p.shards))]
}

// addr of a member; "": there is none of that name.
func (p *placement) addr(name string) string {
	if i := slices.IndexFunc(p.members, func(m Member) bool { return m.Name == name }); i >= 0 {
		return p.members[i].Addr
	}
	return ""
}

// hash is FNV-1a, with its bits mixed: names that differ in their last letter are far apart.
func hash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	x := h.Sum64()
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
