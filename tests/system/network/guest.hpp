// A guest: a namespace with one interface, whose other end is a port's tap on the host.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "frames.hpp"
#include "namespace.hpp"
#include "neutron/messages.hpp"

namespace tests {

using std::chrono::milliseconds;

// Long enough for an answer that comes; what never comes is waited for as long.
inline constexpr milliseconds kPatience{2000};
inline constexpr milliseconds kRefusal{250};

class Guest {
 public:
  // `address` as "10.0.0.5/24"; IPv6 too. `host`: the namespace of its host, "": this one.
  Guest(const std::string& name, const std::string& address, const std::string& host = "");
  ~Guest();
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  // Its port, with its MAC and address, egress allowed and nothing let in, as Neutron's default is.
  neutron::HostPort port;
  [[nodiscard]] Identity identity() const { return {port.mac_address, ip_}; }
  [[nodiscard]] const std::string& ip() const { return ip_; }
  [[nodiscard]] const std::string& name() const { return space_.name(); }
  [[nodiscard]] const Namespace& space() const { return space_; }

  void send(const std::string& frame) const;
  // Frames that have come and were not asked for yet; false: none within `patience`.
  bool receive(std::string& frame, milliseconds patience) const;
  // None of the frames that came so far will be seen.
  void forget() const;

 private:
  Namespace space_;
  std::string ip_;
  int packets_ = -1;
};

// True: the very frame came out at `to`. The sender's own ARP request is sent behind it, so what
// has not come before that never comes.
bool arrives(const Guest& from, const std::string& frame, const Guest& to);
// A connection in full, with a byte each way.
bool tcp_reaches(const Guest& from, const Guest& to, uint16_t port,
                 milliseconds patience = kPatience);
bool ping_reaches(const Guest& from, const std::string& address, milliseconds patience = kPatience);

// An open connection between two guests.
class Connection {
 public:
  Connection(const Guest& from, const Guest& to, uint16_t port, milliseconds patience);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  [[nodiscard]] bool established() const { return server_ >= 0; }
  // A byte there and one back.
  [[nodiscard]] bool works(milliseconds patience) const;

 private:
  int client_ = -1;
  int listener_ = -1;
  int server_ = -1;
};

}  // namespace tests
