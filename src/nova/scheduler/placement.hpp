// Which host a server goes to: a pure function over arrays, so that 10,000 hosts cost microseconds.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "openstack/decision.hpp"
#include "platform/random.hpp"

namespace nova::scheduler {

// A text per host, of few different ones: kept as numbers, for comparing numbers is what a loop
// over 10,000 hosts does quickly.
class TextColumn {
 public:
  [[nodiscard]] const std::vector<int32_t>& numbers() const { return numbers_; }
  // Negative: no host has had this text.
  [[nodiscard]] int32_t number_of(const std::string& text) const;
  void set(size_t host, const std::string& text);
  // One more host, whose text is empty.
  void grow();

 private:
  int32_t ensure(const std::string& text);
  std::vector<int32_t> numbers_;
  std::unordered_map<std::string, int32_t> known_;
};

// What is known of all hosts; element i of every array is host i. Free amounts are after the
// allocation ratios and the claims, and may be negative.
struct HostView {
  std::vector<std::string> names;
  TextColumn zones;
  TextColumn hypervisor_types;  // lower case
  std::vector<int32_t> free_vcpus;
  std::vector<int32_t> free_memory_mib;
  std::vector<int32_t> free_disk_gib;
  std::vector<int32_t> in_progress;               // servers in an operation
  std::vector<int64_t> last_seen_us;              // heartbeat, microseconds since 1970
  std::vector<uint8_t> enabled;                   // not disabled and not forced down
  std::unordered_map<std::string, size_t> index;  // name -> i

  [[nodiscard]] size_t size() const { return names.size(); }
  [[nodiscard]] std::optional<size_t> find(const std::string& name) const;
  // The element of that host, made if it is new.
  size_t ensure(const std::string& name);
};

// What a server needs and asks for.
struct PlacementRequest {
  int64_t vcpus = 1;
  int64_t memory_mib = 0;
  int64_t disk_gib = 0;
  std::string zone;                      // empty: any
  std::string host;                      // forced; empty: any
  std::string hypervisor_type;           // the image's; empty: any
  std::vector<std::string> tried;        // hosts that failed or were lost
  std::vector<std::string> same_as;      // hosts of servers that it wants to be with
  std::vector<std::string> apart_from;   // hosts of servers that it must not be with
  std::string group_policy;              // "affinity", "anti-affinity", "soft-..." or empty
  int64_t group_limit = 1;               // anti-affinity: servers of the group per host
  std::vector<std::string> group_hosts;  // of the group's members, one per member
  bool wants_same_host = false;          // a same_host hint was given, even if nobody has a host
  int64_t alive_after_us = 0;            // a host that was not seen since is down
};

// Which hosts are left: 1 or 0 per host.
using Mask = std::vector<uint8_t>;

class Filter {
 public:
  virtual ~Filter() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  // False: every host passes.
  [[nodiscard]] virtual bool concerns(const PlacementRequest& request) const = 0;
  // Clears the bits of the hosts that do not pass.
  virtual void apply(const HostView& hosts, const PlacementRequest& request, Mask& mask) const = 0;
};

class Weigher {
 public:
  virtual ~Weigher() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  [[nodiscard]] virtual bool concerns(const PlacementRequest& request) const = 0;
  // Raw values, one per host; the highest is the best, or the lowest with a negative multiplier.
  // They are the view's own, or made in `scratch`, which has a zero for each host.
  [[nodiscard]] virtual std::span<const int32_t> weigh(const HostView& hosts,
                                                       const PlacementRequest& request,
                                                       std::vector<int32_t>& scratch) const = 0;
};

struct WeightedBy {
  std::unique_ptr<Weigher> weigher;
  double multiplier = 1.0;
};

// In the order of evaluation.
struct Rules {
  std::vector<std::unique_ptr<Filter>> filters;
  std::vector<WeightedBy> weighers;
};

// Names of every filter that is built, in their order.
[[nodiscard]] std::vector<std::string> known_filters();
// Throws Error(bad_request) for an unknown name, with the known ones.
[[nodiscard]] std::vector<std::unique_ptr<Filter>> make_filters(
    const std::vector<std::string>& names);

struct WeightMultipliers {
  double ram = 1.0;
  double cpu = 1.0;
  double disk = 1.0;
  double io_ops = -1.0;
  double soft_affinity = 1.0;
  double soft_anti_affinity = 1.0;
};
[[nodiscard]] std::vector<WeightedBy> make_weighers(const WeightMultipliers& multipliers);

using openstack::Decision;
using openstack::Weight;

// Chooses a host. Cost is linear in the hosts, and the loops over them are vectorized.
[[nodiscard]] Decision place(const HostView& hosts, const PlacementRequest& request,
                             const Rules& rules, platform::Random& random);

}  // namespace nova::scheduler
