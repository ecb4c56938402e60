#include <set>

#include "neutron/app/errors.hpp"
#include "neutron/app/type_drivers/type_driver.hpp"

namespace neutron::app {
namespace {

constexpr int64_t kMaxVni = 16777215;  // 24 bits, RFC 7348
constexpr int64_t kOverhead = 50;      // outer IPv4, UDP, VXLAN and inner Ethernet headers
constexpr int kRandomTries = 16;

// Tunnels between hosts, told apart by their VNI.
class VxlanTypeDriver final : public TypeDriver {
 public:
  VxlanTypeDriver(std::vector<VniRange> ranges, platform::Random& random)
      : ranges_(std::move(ranges)), random_(random) {}

  [[nodiscard]] std::string_view type() const override { return "vxlan"; }
  [[nodiscard]] int64_t overhead() const override { return kOverhead; }

  [[nodiscard]] store::SegmentRow reserve(platform::Session& session,
                                          const ProviderRequest& request) const override {
    if (!request.physical_network.empty())
      throw invalid_input("provider:physical_network specified for vxlan network");
    if (!request.segmentation_id) {
      if (auto segment = allocate(session)) return *segment;
      throw error(base::ErrorKind::unavailable, "NoNetworkAvailable",
                  "Unable to create the network. No tenant network is available for allocation.");
    }
    const int64_t vni = *request.segmentation_id;
    if (vni < 1 || vni > kMaxVni)
      throw invalid_input(fmt::format("segmentation_id out of range (1 through {})", kMaxVni));
    if (is_used(session, vni))
      throw conflict("TunnelIdInUse", "Unable to create the network. The tunnel ID {} is in use.",
                     vni);
    return segment(vni);
  }

  // By chance first: that costs the same however many networks there are.
  [[nodiscard]] std::optional<store::SegmentRow> allocate(
      platform::Session& session) const override {
    if (ranges_.empty()) return std::nullopt;
    for (int i = 0; i < kRandomTries; ++i) {
      const VniRange& range = ranges_.at(random_.below(ranges_.size()));
      const auto width = static_cast<uint64_t>(range.last - range.first + 1);
      const int64_t vni = range.first + static_cast<int64_t>(random_.below(width));
      if (!is_used(session, vni)) return segment(vni);
    }
    return first_free(session);
  }

 private:
  static store::SegmentRow segment(int64_t vni) { return {"", "vxlan", "", vni}; }
  static bool is_used(platform::Session& session, int64_t vni) {
    return platform::number(session,
                            "SELECT COUNT(*) FROM network_segments WHERE network_type='vxlan' AND"
                            " physical_network='' AND segmentation_id=?",
                            {vni}) > 0;
  }
  [[nodiscard]] std::optional<store::SegmentRow> first_free(platform::Session& session) const {
    std::set<int64_t> used;
    session.query("SELECT segmentation_id FROM network_segments WHERE network_type='vxlan'", {},
                  [&](const platform::SqlRow& row) { used.insert(row.integer(0)); });
    for (const VniRange& range : ranges_)
      for (int64_t vni = range.first; vni <= range.last; ++vni)
        if (!used.contains(vni)) return segment(vni);
    return std::nullopt;
  }

  std::vector<VniRange> ranges_;
  platform::Random& random_;
};

}  // namespace

std::unique_ptr<TypeDriver> make_vxlan_type_driver(std::vector<VniRange> ranges,
                                                   platform::Random& random) {
  return std::make_unique<VxlanTypeDriver>(std::move(ranges), random);
}

}  // namespace neutron::app
