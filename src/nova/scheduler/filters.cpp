// The filters by the names that operators know from nova.conf, one small class each.
#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "nova/scheduler/placement.hpp"

namespace nova::scheduler {
namespace {

void keep_only(const HostView& hosts, const std::vector<std::string>& names, Mask& mask) {
  Mask wanted(hosts.size(), 0);
  for (const std::string& name : names)
    if (const auto i = hosts.find(name)) wanted[*i] = 1;
  for (size_t i = 0; i < mask.size(); ++i) mask[i] &= wanted[i];
}

void drop(const HostView& hosts, const std::vector<std::string>& names, Mask& mask) {
  for (const std::string& name : names)
    if (const auto i = hosts.find(name)) mask[*i] = 0;
}

// The loops take plain pointers: a byte of the mask might otherwise be any byte of memory, and
// nothing would be vectorized.
void at_least(const std::vector<int32_t>& free, int64_t needed, Mask& mask) {
  const auto limit = static_cast<int32_t>(std::min<int64_t>(needed, INT32_MAX));
  const int32_t* const __restrict value = free.data();
  uint8_t* const __restrict bits = mask.data();
  const size_t size = mask.size();
  for (size_t i = 0; i < size; ++i) bits[i] &= static_cast<uint8_t>(value[i] >= limit);
}

void equal_to(const TextColumn& column, const std::string& text, Mask& mask) {
  const int32_t wanted = column.number_of(text);
  const int32_t* const __restrict value = column.numbers().data();
  uint8_t* const __restrict bits = mask.data();
  const size_t size = mask.size();
  for (size_t i = 0; i < size; ++i) bits[i] &= static_cast<uint8_t>(value[i] == wanted);
}

// Hosts whose compute service is enabled and reports.
class ComputeFilter final : public Filter {
 public:
  std::string_view name() const override { return "ComputeFilter"; }
  bool concerns(const PlacementRequest&) const override { return true; }
  void apply(const HostView& hosts, const PlacementRequest& request, Mask& mask) const override {
    const int64_t* const __restrict seen = hosts.last_seen_us.data();
    const uint8_t* const __restrict enabled = hosts.enabled.data();
    uint8_t* const __restrict bits = mask.data();
    const size_t size = mask.size();
    for (size_t i = 0; i < size; ++i)
      bits[i] &= static_cast<uint8_t>(enabled[i] &
                                      static_cast<uint8_t>(seen[i] >= request.alive_after_us));
  }
};

// Hosts that have not failed to build this server before.
class RetryFilter final : public Filter {
 public:
  std::string_view name() const override { return "RetryFilter"; }
  bool concerns(const PlacementRequest& request) const override { return !request.tried.empty(); }
  void apply(const HostView& hosts, const PlacementRequest& request, Mask& mask) const override {
    drop(hosts, request.tried, mask);
  }
};

class AvailabilityZoneFilter final : public Filter {
 public:
  std::string_view name() const override { return "AvailabilityZoneFilter"; }
  bool concerns(const PlacementRequest& request) const override { return !request.zone.empty(); }
  void apply(const HostView& hosts, const PlacementRequest& request, Mask& mask) const override {
    equal_to(hosts.zones, request.zone, mask);
  }
};

// The one host that an administrator named.
class RequestedHostFilter final : public Filter {
 public:
  std::string_view name() const override { return "RequestedHostFilter"; }
  bool concerns(const PlacementRequest& request) const override { return !request.host.empty(); }
  void apply(const HostView& hosts, const PlacementRequest& request, Mask& mask) const override {
    keep_only(hosts, {request.host}, mask);
  }
};

class RamFilter final : public Filter {
 public:
  std::string_view name() const override { return "RamFilter"; }
  bool concerns(const PlacementRequest& request) const override { return request.memory_mib > 0; }
  void apply(const HostView& hosts, const PlacementRequest& request, Mask& mask) const override {
    at_least(hosts.free_memory_mib, request.memory_mib, mask);
  }
};

class CoreFilter final : public Filter {
 public:
  std::string_view name() const override { return "CoreFilter"; }
  bool concerns(const PlacementRequest& request) const override { return request.vcpus > 0; }
  void apply(const HostView& hosts, const PlacementRequest& request, Mask& mask) const override {
    at_least(hosts.free_vcpus, request.vcpus, mask);
  }
};

class DiskFilter final : public Filter {
 public:
  std::string_view name() const override { return "DiskFilter"; }
  bool concerns(const PlacementRequest& request) const override { return request.disk_gib > 0; }
  void apply(const HostView& hosts, const PlacementRequest& request, Mask& mask) const override {
    at_least(hosts.free_disk_gib, request.disk_gib, mask);
  }
};

// An image that wants a certain hypervisor.
class ImagePropertiesFilter final : public Filter {
 public:
  std::string_view name() const override { return "ImagePropertiesFilter"; }
  bool concerns(const PlacementRequest& request) const override {
    return !request.hypervisor_type.empty();
  }
  void apply(const HostView& hosts, const PlacementRequest& request, Mask& mask) const override {
    equal_to(hosts.hypervisor_types, request.hypervisor_type, mask);
  }
};

class SameHostFilter final : public Filter {
 public:
  std::string_view name() const override { return "SameHostFilter"; }
  bool concerns(const PlacementRequest& request) const override { return request.wants_same_host; }
  void apply(const HostView& hosts, const PlacementRequest& request, Mask& mask) const override {
    keep_only(hosts, request.same_as, mask);
  }
};

class DifferentHostFilter final : public Filter {
 public:
  std::string_view name() const override { return "DifferentHostFilter"; }
  bool concerns(const PlacementRequest& request) const override {
    return !request.apart_from.empty();
  }
  void apply(const HostView& hosts, const PlacementRequest& request, Mask& mask) const override {
    drop(hosts, request.apart_from, mask);
  }
};

class ServerGroupAffinityFilter final : public Filter {
 public:
  std::string_view name() const override { return "ServerGroupAffinityFilter"; }
  bool concerns(const PlacementRequest& request) const override {
    return request.group_policy == "affinity" && !request.group_hosts.empty();
  }
  void apply(const HostView& hosts, const PlacementRequest& request, Mask& mask) const override {
    keep_only(hosts, request.group_hosts, mask);
  }
};

class ServerGroupAntiAffinityFilter final : public Filter {
 public:
  std::string_view name() const override { return "ServerGroupAntiAffinityFilter"; }
  bool concerns(const PlacementRequest& request) const override {
    return request.group_policy == "anti-affinity" && !request.group_hosts.empty();
  }
  void apply(const HostView& hosts, const PlacementRequest& request, Mask& mask) const override {
    for (const std::string& host : request.group_hosts) {
      const auto members = std::count(request.group_hosts.begin(), request.group_hosts.end(), host);
      if (members >= request.group_limit) drop(hosts, {host}, mask);
    }
  }
};

using Maker = std::unique_ptr<Filter> (*)();
template <class T>
std::unique_ptr<Filter> make() {
  return std::make_unique<T>();
}

// Cheap ones that drop many first.
constexpr Maker kFilters[] = {
    make<ComputeFilter>,
    make<RetryFilter>,
    make<RequestedHostFilter>,
    make<AvailabilityZoneFilter>,
    make<RamFilter>,
    make<CoreFilter>,
    make<DiskFilter>,
    make<ImagePropertiesFilter>,
    make<SameHostFilter>,
    make<DifferentHostFilter>,
    make<ServerGroupAffinityFilter>,
    make<ServerGroupAntiAffinityFilter>,
};

}  // namespace

std::vector<std::string> known_filters() {
  std::vector<std::string> names;
  for (const Maker maker : kFilters) names.emplace_back(maker()->name());
  return names;
}

std::vector<std::unique_ptr<Filter>> make_filters(const std::vector<std::string>& names) {
  std::vector<std::unique_ptr<Filter>> filters;
  for (const std::string& name : names) {
    const Maker* found = std::find_if(std::begin(kFilters), std::end(kFilters),
                                      [&](Maker maker) { return maker()->name() == name; });
    if (found == std::end(kFilters))
      throw base::Error(base::ErrorKind::bad_request,
                        "[filter_scheduler] enabled_filters names '" + name +
                            "', which is none of: " + base::join(known_filters(), ", "));
    filters.push_back((*found)());
  }
  return filters;
}

}  // namespace nova::scheduler
