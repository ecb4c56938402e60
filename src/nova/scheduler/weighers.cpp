// The weighers, one small class each.
#include "nova/scheduler/placement.hpp"

namespace nova::scheduler {
namespace {

using Values = std::span<const int32_t>;
using Scratch = std::vector<int32_t>;

// Members of the server's group per host, times `sign`.
Values count_members(const HostView& hosts, const PlacementRequest& request, int32_t sign,
                     Scratch& scratch) {
  scratch.assign(hosts.size(), 0);
  for (const std::string& host : request.group_hosts)
    if (const auto i = hosts.find(host)) scratch[*i] += sign;
  return scratch;
}

class RamWeigher final : public Weigher {
 public:
  std::string_view name() const override { return "RAMWeigher"; }
  bool concerns(const PlacementRequest&) const override { return true; }
  Values weigh(const HostView& hosts, const PlacementRequest&, Scratch&) const override {
    return hosts.free_memory_mib;
  }
};

class CpuWeigher final : public Weigher {
 public:
  std::string_view name() const override { return "CPUWeigher"; }
  bool concerns(const PlacementRequest&) const override { return true; }
  Values weigh(const HostView& hosts, const PlacementRequest&, Scratch&) const override {
    return hosts.free_vcpus;
  }
};

class DiskWeigher final : public Weigher {
 public:
  std::string_view name() const override { return "DiskWeigher"; }
  bool concerns(const PlacementRequest&) const override { return true; }
  Values weigh(const HostView& hosts, const PlacementRequest&, Scratch&) const override {
    return hosts.free_disk_gib;
  }
};

// Hosts that are busy building are worse.
class IoOpsWeigher final : public Weigher {
 public:
  std::string_view name() const override { return "IoOpsWeigher"; }
  bool concerns(const PlacementRequest&) const override { return true; }
  Values weigh(const HostView& hosts, const PlacementRequest&, Scratch&) const override {
    return hosts.in_progress;
  }
};

class SoftAffinityWeigher final : public Weigher {
 public:
  std::string_view name() const override { return "ServerGroupSoftAffinityWeigher"; }
  bool concerns(const PlacementRequest& request) const override {
    return request.group_policy == "soft-affinity";
  }
  Values weigh(const HostView& hosts, const PlacementRequest& request,
               Scratch& scratch) const override {
    return count_members(hosts, request, 1, scratch);
  }
};

class SoftAntiAffinityWeigher final : public Weigher {
 public:
  std::string_view name() const override { return "ServerGroupSoftAntiAffinityWeigher"; }
  bool concerns(const PlacementRequest& request) const override {
    return request.group_policy == "soft-anti-affinity";
  }
  Values weigh(const HostView& hosts, const PlacementRequest& request,
               Scratch& scratch) const override {
    return count_members(hosts, request, -1, scratch);
  }
};

}  // namespace

std::vector<WeightedBy> make_weighers(const WeightMultipliers& multipliers) {
  std::vector<WeightedBy> weighers;
  const auto add = [&](std::unique_ptr<Weigher> weigher, double multiplier) {
    weighers.push_back({std::move(weigher), multiplier});
  };
  add(std::make_unique<RamWeigher>(), multipliers.ram);
  add(std::make_unique<CpuWeigher>(), multipliers.cpu);
  add(std::make_unique<DiskWeigher>(), multipliers.disk);
  add(std::make_unique<IoOpsWeigher>(), multipliers.io_ops);
  add(std::make_unique<SoftAffinityWeigher>(), multipliers.soft_affinity);
  add(std::make_unique<SoftAntiAffinityWeigher>(), multipliers.soft_anti_affinity);
  return weighers;
}

}  // namespace nova::scheduler
