// The weighers, one small class each.
#include "nova/scheduler/placement.hpp"

namespace nova::scheduler {
namespace {

void copy(const std::vector<int32_t>& from, std::vector<float>& to) {
  for (size_t i = 0; i < to.size(); ++i) to[i] = static_cast<float>(from[i]);
}

// Members of the server's group per host.
void count_members(const HostView& hosts, const PlacementRequest& request,
                   std::vector<float>& values) {
  for (const std::string& host : request.group_hosts)
    if (const auto i = hosts.find(host)) values[*i] += 1;
}

class RamWeigher final : public Weigher {
 public:
  std::string_view name() const override { return "RAMWeigher"; }
  bool concerns(const PlacementRequest&) const override { return true; }
  void weigh(const HostView& hosts, const PlacementRequest&,
             std::vector<float>& values) const override {
    copy(hosts.free_memory_mib, values);
  }
};

class CpuWeigher final : public Weigher {
 public:
  std::string_view name() const override { return "CPUWeigher"; }
  bool concerns(const PlacementRequest&) const override { return true; }
  void weigh(const HostView& hosts, const PlacementRequest&,
             std::vector<float>& values) const override {
    copy(hosts.free_vcpus, values);
  }
};

class DiskWeigher final : public Weigher {
 public:
  std::string_view name() const override { return "DiskWeigher"; }
  bool concerns(const PlacementRequest&) const override { return true; }
  void weigh(const HostView& hosts, const PlacementRequest&,
             std::vector<float>& values) const override {
    copy(hosts.free_disk_gib, values);
  }
};

// Hosts that are busy building are worse.
class IoOpsWeigher final : public Weigher {
 public:
  std::string_view name() const override { return "IoOpsWeigher"; }
  bool concerns(const PlacementRequest&) const override { return true; }
  void weigh(const HostView& hosts, const PlacementRequest&,
             std::vector<float>& values) const override {
    copy(hosts.in_progress, values);
  }
};

class SoftAffinityWeigher final : public Weigher {
 public:
  std::string_view name() const override { return "ServerGroupSoftAffinityWeigher"; }
  bool concerns(const PlacementRequest& request) const override {
    return request.group_policy == "soft-affinity";
  }
  void weigh(const HostView& hosts, const PlacementRequest& request,
             std::vector<float>& values) const override {
    count_members(hosts, request, values);
  }
};

class SoftAntiAffinityWeigher final : public Weigher {
 public:
  std::string_view name() const override { return "ServerGroupSoftAntiAffinityWeigher"; }
  bool concerns(const PlacementRequest& request) const override {
    return request.group_policy == "soft-anti-affinity";
  }
  void weigh(const HostView& hosts, const PlacementRequest& request,
             std::vector<float>& values) const override {
    count_members(hosts, request, values);
    for (float& value : values) value = -value;
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
