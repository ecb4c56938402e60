#include "neutron/app/errors.hpp"
#include "neutron/app/type_drivers/type_driver.hpp"

namespace neutron::app {
namespace {

// A bridge on one host, connected to nothing else.
class LocalTypeDriver final : public TypeDriver {
 public:
  [[nodiscard]] std::string_view type() const override { return "local"; }

  [[nodiscard]] store::SegmentRow reserve(platform::Session& /*session*/,
                                          const ProviderRequest& request) const override {
    if (!request.physical_network.empty())
      throw invalid_input("physical_network prohibited for local provider network");
    if (request.segmentation_id)
      throw invalid_input("segmentation_id prohibited for local provider network");
    return {"", "local", "", std::nullopt};
  }
  [[nodiscard]] std::optional<store::SegmentRow> allocate(
      platform::Session& /*session*/) const override {
    return store::SegmentRow{"", "local", "", std::nullopt};
  }
};

}  // namespace

std::unique_ptr<TypeDriver> make_local_type_driver() { return std::make_unique<LocalTypeDriver>(); }

}  // namespace neutron::app
