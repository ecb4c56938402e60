#include <algorithm>

#include "neutron/app/errors.hpp"
#include "neutron/app/type_drivers/type_driver.hpp"

namespace neutron::app {
namespace {

// A physical network without tags: one network each.
class FlatTypeDriver final : public TypeDriver {
 public:
  explicit FlatTypeDriver(std::vector<std::string> physical_networks)
      : physical_networks_(std::move(physical_networks)) {}

  [[nodiscard]] std::string_view type() const override { return "flat"; }

  [[nodiscard]] store::SegmentRow reserve(platform::Session& session,
                                          const ProviderRequest& request) const override {
    const std::string& name = request.physical_network;
    if (name.empty()) throw invalid_input("physical_network required for flat provider network");
    if (!knows(name))
      throw invalid_input(
          fmt::format("physical_network '{}' unknown for flat provider network", name));
    if (request.segmentation_id)
      throw invalid_input("segmentation_id prohibited for flat provider network");
    if (is_used(session, name))
      throw conflict("FlatNetworkInUse",
                     "Unable to create the flat network. Physical network {} is in use.", name);
    return {"", "flat", name, 0};
  }
  [[nodiscard]] std::optional<store::SegmentRow> allocate(
      platform::Session& session) const override {
    for (const std::string& name : physical_networks_)
      if (name != "*" && !is_used(session, name)) return store::SegmentRow{"", "flat", name, 0};
    return std::nullopt;
  }

 private:
  [[nodiscard]] bool knows(const std::string& name) const {
    return std::any_of(physical_networks_.begin(), physical_networks_.end(),
                       [&](const std::string& known) { return known == "*" || known == name; });
  }
  static bool is_used(platform::Session& session, const std::string& name) {
    return platform::number(session,
                            "SELECT COUNT(*) FROM network_segments WHERE network_type='flat' AND"
                            " physical_network=?",
                            {name}) > 0;
  }

  std::vector<std::string> physical_networks_;
};

}  // namespace

std::unique_ptr<TypeDriver> make_flat_type_driver(std::vector<std::string> physical_networks) {
  return std::make_unique<FlatTypeDriver>(std::move(physical_networks));
}

}  // namespace neutron::app
