#include "guest.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "platform/process.hpp"

namespace tests {
namespace {

int next_number() {
  static int number = 0;
  return ++number;
}

bool wait_for(int descriptor, short what, milliseconds patience) {
  pollfd item{descriptor, what, 0};
  return ::poll(&item, 1, static_cast<int>(patience.count())) > 0;
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  SocketAddress(const std::string& ip, uint16_t port) {
    if (is_v6(ip)) {
      auto* address = reinterpret_cast<sockaddr_in6*>(&storage);
      address->sin6_family = AF_INET6;
      address->sin6_port = htons(port);
      ::inet_pton(AF_INET6, ip.c_str(), &address->sin6_addr);
      size = sizeof *address;
    } else {
      auto* address = reinterpret_cast<sockaddr_in*>(&storage);
      address->sin_family = AF_INET;
      address->sin_port = htons(port);
      ::inet_pton(AF_INET, ip.c_str(), &address->sin_addr);
      size = sizeof *address;
    }
  }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] int family() const { return storage.ss_family; }
};

int open_packets() {
  const int descriptor = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(::if_nametoindex("eth0"));
  if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("cannot listen to the guest's packets");
  const int yes = 1;
  ::setsockopt(descriptor, SOL_PACKET, PACKET_AUXDATA, &yes, sizeof yes);
  return descriptor;
}

// The kernel takes a VLAN tag out of a frame and tells it apart: this puts it back.
void restore_vlan_tag(std::string& frame, msghdr& message) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control;
       control = CMSG_NXTHDR(&message, control)) {
    if (control->cmsg_level != SOL_PACKET || control->cmsg_type != PACKET_AUXDATA) continue;
    tpacket_auxdata data{};
    std::memcpy(&data, CMSG_DATA(control), sizeof data);
    if (!(data.tp_status & TP_STATUS_VLAN_VALID)) continue;
    const std::array<uint16_t, 2> tag{htons(data.tp_vlan_tpid), htons(data.tp_vlan_tci)};
    frame.insert(12, reinterpret_cast<const char*>(tag.data()), sizeof tag);
  }
}

}  // namespace

Guest::Guest(const std::string& name, const std::string& address, const std::string& host)
    : space_(name), ip_(address.substr(0, address.find('/'))) {
  const int number = next_number();
  port.id = fmt::format("{:08x}-{:04x}-4000-8000-000000000000", number, number);
  port.device_owner = "compute:nova";
  port.device_id = "server-of-" + name;
  port.mac_address = fmt::format("fa:16:3e:00:{:02x}:{:02x}", number / 256, number % 256);
  port.fixed_ips = {{ip_, "subnet", address, ""}};
  port.rules = {{"egress", "IPv4", {}, {}, {}, {}, {}}, {"egress", "IPv6", {}, {}, {}, {}, {}}};
  platform::ProcessOptions options;
  options.network_namespace = host;
  platform::run_checked({"ip", "link", "add", neutron::tap_name(port.id), "type", "veth", "peer",
                         "name", "eth0", "address", port.mac_address, "netns", name},
                        options);
  {
    const Inside inside(name);
    std::ofstream("/proc/sys/net/ipv6/conf/eth0/accept_dad") << 0;
    packets_ = open_packets();
  }
  space_.ip({"link", "set", "lo", "up"});
  space_.ip({"link", "set", "eth0", "up"});
  // The socket remembers that the device was down when it was bound.
  int former = 0;
  socklen_t size = sizeof former;
  ::getsockopt(packets_, SOL_SOCKET, SO_ERROR, &former, &size);
  if (is_v6(ip_))
    space_.ip({"address", "add", address, "dev", "eth0", "nodad"});
  else
    space_.ip({"address", "add", address, "dev", "eth0"});
}

// The socket first: it would keep the namespace, and the tap with it.
Guest::~Guest() { ::close(packets_); }

void Guest::send(const std::string& frame) const {
  const ssize_t sent = ::send(packets_, frame.data(), frame.size(), 0);
  // A full queue drops a frame, as a cable does.
  if (sent != static_cast<ssize_t>(frame.size()) && errno != ENOBUFS)
    throw std::runtime_error("cannot send from " + name() + ": " + std::strerror(errno));
}

bool Guest::receive(std::string& frame, milliseconds patience) const {
  std::array<char, 2048> buffer{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(tpacket_auxdata))> control{};
  sockaddr_ll from{};
  while (wait_for(packets_, POLLIN, patience)) {
    iovec content{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &content;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t count = ::recvmsg(packets_, &message, MSG_DONTWAIT);
    if (count < 0) return false;
    if (from.sll_pkttype == PACKET_OUTGOING) continue;
    frame.assign(buffer.data(), static_cast<size_t>(count));
    restore_vlan_tag(frame, message);
    return true;
  }
  return false;
}

void Guest::forget() const {
  std::string frame;
  while (receive(frame, milliseconds{0})) {
  }
}

namespace {

// A frame that every filter lets through: a neighbour's question that was not asked before.
std::string question(const Guest& from) {
  return is_v6(from.ip())
             ? icmpv6(from.identity(), 135, fmt::format("2001:db8:99::{:x}", next_number()))
             : arp(from.identity(), fmt::format("10.99.{}.1", next_number() % 250));
}

// The kernel tells a device some time after its cable is plugged in; until then frames are lost
// without a word.
bool has_a_path(const Guest& from, const Guest& to) {
  constexpr milliseconds kPause{20};
  const std::string probe = question(from);
  std::string received;
  for (milliseconds waited{0}; waited < kPatience; waited += kPause) {
    from.send(probe);
    while (to.receive(received, kPause))
      if (received == probe) return true;
  }
  return false;
}

}  // namespace

bool arrives(const Guest& from, const std::string& frame, const Guest& to) {
  if (has_a_path(from, to)) {
    const std::string last = question(from);
    to.forget();
    from.send(frame);
    from.send(last);
    bool came = false;
    std::string received;
    while (to.receive(received, kPatience)) {
      if (received == frame) came = true;
      if (received == last) return came;
    }
  }
  throw std::runtime_error(from.name() + " does not reach " + to.name() + " at all");
}

Connection::Connection(const Guest& from, const Guest& to, uint16_t port, milliseconds patience) {
  const SocketAddress target(to.ip(), port);
  {
    const Inside inside(to.name());
    listener_ = ::socket(target.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (::bind(listener_, target.get(), target.size) != 0 || ::listen(listener_, 1) != 0)
      throw std::runtime_error("cannot listen in " + to.name());
  }
  {
    const Inside inside(from.name());
    client_ = ::socket(target.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  }
  ::connect(client_, target.get(), target.size);
  if (!wait_for(client_, POLLOUT, patience)) return;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(client_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error == 0 && wait_for(listener_, POLLIN, patience))
    server_ = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
}

Connection::~Connection() {
  for (const int descriptor : {client_, listener_, server_})
    if (descriptor >= 0) ::close(descriptor);
}

bool Connection::works(milliseconds patience) const {
  char byte = 'x';
  if (server_ < 0 || ::send(client_, &byte, 1, MSG_NOSIGNAL) != 1) return false;
  if (!wait_for(server_, POLLIN, patience) || ::recv(server_, &byte, 1, 0) != 1) return false;
  if (::send(server_, &byte, 1, MSG_NOSIGNAL) != 1) return false;
  return wait_for(client_, POLLIN, patience) && ::recv(client_, &byte, 1, 0) == 1;
}

bool tcp_reaches(const Guest& from, const Guest& to, uint16_t port, milliseconds patience) {
  return Connection(from, to, port, patience).works(patience);
}

bool ping_reaches(const Guest& from, const std::string& address, milliseconds patience) {
  int descriptor = -1;
  {
    const Inside inside(from.name());
    descriptor = ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
  }
  icmphdr request{};
  request.type = ICMP_ECHO;
  request.un.echo.id = htons(static_cast<uint16_t>(next_number()));
  request.checksum = static_cast<uint16_t>(~(htons(ICMP_ECHO << 8) + request.un.echo.id) & 0xffff);
  const SocketAddress target(address, 0);
  ::sendto(descriptor, &request, sizeof request, 0, target.get(), target.size);
  bool answered = false;
  std::array<unsigned char, 256> buffer{};
  while (!answered && wait_for(descriptor, POLLIN, patience)) {
    const ssize_t count = ::recv(descriptor, buffer.data(), buffer.size(), 0);
    const size_t header = static_cast<size_t>(buffer[0] & 15) * 4;
    answered = count >= static_cast<ssize_t>(header + 8) && buffer.at(header) == ICMP_ECHOREPLY;
  }
  ::close(descriptor);
  return answered;
}

}  // namespace tests
