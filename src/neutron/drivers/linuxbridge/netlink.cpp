#include "neutron/drivers/linuxbridge/netlink.hpp"

#include <fmt/core.h>
#include <linux/if_bridge.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/link/vxlan.h>
#include <netlink/route/neighbour.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <set>

#include "base/error.hpp"

namespace neutron::drivers {
namespace {

constexpr uint32_t kVxlanPort = 4789;  // RFC 7348

struct Free {
  void operator()(nl_sock* socket) const { nl_socket_free(socket); }
  void operator()(rtnl_link* link) const { rtnl_link_put(link); }
  void operator()(nl_cache* cache) const { nl_cache_free(cache); }
  void operator()(rtnl_neigh* neighbour) const { rtnl_neigh_put(neighbour); }
  void operator()(nl_addr* address) const { nl_addr_put(address); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

void check(int result, const std::string& what) {
  if (result >= 0) return;
  if (result == -NLE_EXIST)
    throw base::Error(base::ErrorKind::conflict,
                      fmt::format("This host has such a device already: {}.", what));
  const bool permission = result == -NLE_PERM || result == -NLE_NOACCESS;
  throw base::Error(permission ? base::ErrorKind::unavailable : base::ErrorKind::internal,
                    permission ? "The agent may not change network devices: it needs CAP_NET_ADMIN."
                               : "The kernel refused a change of a network device.",
                    fmt::format("{}: {}", what, nl_geterror(result)));
}

Owned<nl_addr> parse_address(const std::string& text, int family) {
  nl_addr* address = nullptr;
  check(nl_addr_parse(text.c_str(), family, &address), "address " + text);
  return Owned<nl_addr>(address);
}

std::string to_text(nl_addr* address) {
  std::array<char, 64> buffer{};
  if (!address) return {};
  nl_addr2str(address, buffer.data(), buffer.size());
  return buffer.data();
}

}  // namespace

struct Netlink::State {
  Owned<nl_sock> socket{nl_socket_alloc()};

  int index_of(const std::string& name) const {
    const unsigned index = ::if_nametoindex(name.c_str());
    if (index == 0)
      throw base::Error(base::ErrorKind::not_found, "A network device is not there.", name);
    return static_cast<int>(index);
  }

  // Changes an existing link; `set` fills in what is to be different.
  template <class F>
  void change(const std::string& name, const char* what, F set) const {
    const Owned<rtnl_link> original(rtnl_link_alloc());
    rtnl_link_set_ifindex(original.get(), index_of(name));
    const Owned<rtnl_link> changes(rtnl_link_alloc());
    set(changes.get());
    check(rtnl_link_change(socket.get(), original.get(), changes.get(), 0),
          fmt::format("{} {}", what, name));
  }

  // The kernel takes an alias only for a device that exists.
  void add(rtnl_link* link, const std::string& name, const DeviceMark& mark) const {
    rtnl_link_set_name(link, name.c_str());
    rtnl_link_set_group(link, mark.group);
    check(rtnl_link_add(socket.get(), link, NLM_F_CREATE | NLM_F_EXCL), "add " + name);
    change(name, "mark", [&](rtnl_link* made) { rtnl_link_set_ifalias(made, mark.alias.c_str()); });
  }

  // The entries of all devices in the same bridge. Without a family the kernel lists neighbours of
  // IP only.
  [[nodiscard]] Owned<nl_cache> list_forwarding(const std::string& device) const {
    rtnl_link* raw_link = nullptr;
    check(rtnl_link_get_kernel(socket.get(), 0, device.c_str(), &raw_link), "look at " + device);
    const Owned<rtnl_link> link(raw_link);
    nl_cache* raw = nullptr;
    check(nl_cache_alloc_name("route/neigh", &raw), "list forwarding entries");
    Owned<nl_cache> cache(raw);
    nl_cache_set_arg1(cache.get(), AF_BRIDGE);
    nl_cache_set_arg2(cache.get(), rtnl_link_get_master(link.get()));
    check(nl_cache_refill(socket.get(), cache.get()), "list forwarding entries");
    return cache;
  }

  Owned<rtnl_neigh> forwarding_entry(int index, const std::string& mac,
                                     const std::string& vtep) const {
    Owned<rtnl_neigh> entry(rtnl_neigh_alloc());
    rtnl_neigh_set_ifindex(entry.get(), index);
    rtnl_neigh_set_state(entry.get(), NUD_NOARP | NUD_PERMANENT);
    rtnl_neigh_set_flags(entry.get(), NTF_SELF);
    rtnl_neigh_set_lladdr(entry.get(), parse_address(mac, AF_LLC).get());
    check(rtnl_neigh_set_dst(entry.get(), parse_address(vtep, AF_INET).get()), "forwarding entry");
    // After the address: libnl wants its family to be the entry's while it is set.
    rtnl_neigh_set_family(entry.get(), AF_BRIDGE);
    return entry;
  }
};

Netlink::Netlink() : state_(std::make_unique<State>()) {
  check(nl_connect(state_->socket.get(), NETLINK_ROUTE), "connect to rtnetlink");
}

Netlink::~Netlink() = default;

std::map<std::string, Link> Netlink::links() {
  nl_cache* raw = nullptr;
  check(rtnl_link_alloc_cache(state_->socket.get(), AF_UNSPEC, &raw), "list links");
  const Owned<nl_cache> cache(raw);
  std::map<std::string, Link> links;
  for (nl_object* object = nl_cache_get_first(cache.get()); object;
       object = nl_cache_get_next(object)) {
    auto* link = reinterpret_cast<rtnl_link*>(object);
    const char* kind = rtnl_link_get_type(link);
    Link entry;
    entry.index = rtnl_link_get_ifindex(link);
    entry.name = rtnl_link_get_name(link);
    entry.kind = kind ? kind : "";
    entry.master = rtnl_link_get_master(link);
    entry.mtu = rtnl_link_get_mtu(link);
    entry.up = (rtnl_link_get_flags(link) & IFF_UP) != 0;
    if (const char* alias = rtnl_link_get_ifalias(link)) entry.alias = alias;
    entry.group = rtnl_link_get_group(link);
    links[entry.name] = std::move(entry);
  }
  return links;
}

void Netlink::add_bridge(const std::string& name, const DeviceMark& mark) {
  const Owned<rtnl_link> link(rtnl_link_alloc());
  check(rtnl_link_set_type(link.get(), "bridge"), "bridge");
  state_->add(link.get(), name, mark);
}

void Netlink::add_vxlan(const std::string& name, int64_t vni, const std::string& local_ip,
                        const DeviceMark& mark) {
  const Owned<rtnl_link> link(rtnl_link_vxlan_alloc());
  check(rtnl_link_vxlan_set_id(link.get(), static_cast<uint32_t>(vni)), "vxlan id");
  check(rtnl_link_vxlan_set_port(link.get(), kVxlanPort), "vxlan port");
  check(rtnl_link_vxlan_set_learning(link.get(), 0), "vxlan learning");
  check(rtnl_link_vxlan_set_local(link.get(), parse_address(local_ip, AF_INET).get()),
        "vxlan local");
  state_->add(link.get(), name, mark);
}

void Netlink::set_alias(const std::string& name, const std::string& alias) {
  state_->change(name, "mark",
                 [&](rtnl_link* link) { rtnl_link_set_ifalias(link, alias.c_str()); });
}

void Netlink::set_up(const std::string& name) {
  state_->change(name, "set up", [](rtnl_link* link) { rtnl_link_set_flags(link, IFF_UP); });
}

void Netlink::set_mtu(const std::string& name, int64_t mtu) {
  state_->change(name, "set mtu of",
                 [&](rtnl_link* link) { rtnl_link_set_mtu(link, static_cast<unsigned>(mtu)); });
}

void Netlink::enslave(const std::string& name, const std::string& bridge) {
  check(rtnl_link_enslave_ifindex(state_->socket.get(), state_->index_of(bridge),
                                  state_->index_of(name)),
        fmt::format("put {} into {}", name, bridge));
}

void Netlink::release(const std::string& name) {
  const auto index = static_cast<int>(::if_nametoindex(name.c_str()));
  if (index == 0) return;
  const int result = rtnl_link_release_ifindex(state_->socket.get(), index);
  if (result != -NLE_NODEV) check(result, fmt::format("take {} out of its bridge", name));
}

void Netlink::remove(const std::string& name) {
  const Owned<rtnl_link> link(rtnl_link_alloc());
  rtnl_link_set_name(link.get(), name.c_str());
  const int result = rtnl_link_delete(state_->socket.get(), link.get());
  if (result != -NLE_NODEV && result != -NLE_OBJ_NOTFOUND) check(result, "remove " + name);
}

void Netlink::replace_forwarding(const std::string& device,
                                 const std::vector<std::pair<std::string, std::string>>& entries) {
  const int index = state_->index_of(device);
  const auto cache = state_->list_forwarding(device);
  std::set<std::pair<std::string, std::string>> missing(entries.begin(), entries.end());
  for (nl_object* object = nl_cache_get_first(cache.get()); object;
       object = nl_cache_get_next(object)) {
    auto* entry = reinterpret_cast<rtnl_neigh*>(object);
    if (rtnl_neigh_get_family(entry) != AF_BRIDGE || rtnl_neigh_get_ifindex(entry) != index)
      continue;
    if ((rtnl_neigh_get_flags(entry) & NTF_SELF) == 0 || !rtnl_neigh_get_dst(entry)) continue;
    const std::pair key{to_text(rtnl_neigh_get_lladdr(entry)), to_text(rtnl_neigh_get_dst(entry))};
    if (missing.erase(key) > 0) continue;
    check(rtnl_neigh_delete(state_->socket.get(), entry, 0), "remove forwarding entry");
  }
  for (const auto& [mac, vtep] : missing) {
    const auto entry = state_->forwarding_entry(index, mac, vtep);
    check(rtnl_neigh_add(state_->socket.get(), entry.get(), NLM_F_CREATE | NLM_F_APPEND),
          "add forwarding entry");
  }
}

struct LinkMonitor::State {
  Owned<nl_sock> socket{nl_socket_alloc()};
};

LinkMonitor::LinkMonitor() : state_(std::make_unique<State>()) {
  nl_socket_disable_seq_check(state_->socket.get());
  check(nl_connect(state_->socket.get(), NETLINK_ROUTE), "connect to rtnetlink");
  check(nl_socket_add_membership(state_->socket.get(), RTNLGRP_LINK), "watch links");
  check(nl_socket_set_nonblocking(state_->socket.get()), "watch links");
}

LinkMonitor::~LinkMonitor() = default;

bool LinkMonitor::wait(base::Duration timeout) {
  const int descriptor = nl_socket_get_fd(state_->socket.get());
  pollfd item{descriptor, POLLIN, 0};
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
  if (::poll(&item, 1, static_cast<int>(limit)) <= 0) return false;
  // What changed is looked at later; an overflow (ENOBUFS) also means that something did.
  std::array<char, 65536> buffer{};
  while (::recv(descriptor, buffer.data(), buffer.size(), MSG_DONTWAIT) > 0) {
  }
  return true;
}

}  // namespace neutron::drivers
