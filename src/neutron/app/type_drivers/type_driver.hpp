// Which wires a network can be on: one small class per network type.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "neutron/app/settings.hpp"
#include "neutron/store/networks.hpp"
#include "platform/random.hpp"

namespace neutron::app {

// The provider:* attributes of a request; network_type is set.
struct ProviderRequest {
  std::string network_type;
  std::string physical_network;
  std::optional<int64_t> segmentation_id;
};

// Immutable and thread-safe. What a driver returns is reserved by the row that the caller inserts;
// two that chose the same meet at its unique key.
class TypeDriver {
 public:
  virtual ~TypeDriver() = default;
  // "vxlan"
  [[nodiscard]] virtual std::string_view type() const = 0;
  // The wire that an administrator asks for. Throws base::Error (bad_request for what makes no
  // sense, conflict for what is in use).
  [[nodiscard]] virtual store::SegmentRow reserve(platform::Session& session,
                                                  const ProviderRequest& request) const = 0;
  // Any free wire for a project's network; nullopt if there is none.
  [[nodiscard]] virtual std::optional<store::SegmentRow> allocate(
      platform::Session& session) const = 0;
  // Bytes that the encapsulation takes from the MTU.
  [[nodiscard]] virtual int64_t overhead() const { return 0; }
};

class TypeDrivers {
 public:
  TypeDrivers(std::vector<std::unique_ptr<TypeDriver>> drivers,
              std::vector<std::string> tenant_types)
      : drivers_(std::move(drivers)), tenant_types_(std::move(tenant_types)) {}
  // Throws base::Error(bad_request) for a type that is not configured.
  [[nodiscard]] const TypeDriver& get(const std::string& type) const;
  [[nodiscard]] store::SegmentRow reserve(platform::Session& session,
                                          const ProviderRequest& request) const {
    return get(request.network_type).reserve(session, request);
  }
  // From the first tenant type that has one. Throws base::Error(unavailable).
  [[nodiscard]] store::SegmentRow allocate(platform::Session& session) const;

 private:
  std::vector<std::unique_ptr<TypeDriver>> drivers_;
  std::vector<std::string> tenant_types_;
};

// `random` outlives the result. Throws base::Error(bad_request) for an unknown type.
[[nodiscard]] TypeDrivers make_type_drivers(const TypeDriverSettings& settings,
                                            platform::Random& random);

[[nodiscard]] std::unique_ptr<TypeDriver> make_local_type_driver();
[[nodiscard]] std::unique_ptr<TypeDriver> make_flat_type_driver(
    std::vector<std::string> physical_networks);
[[nodiscard]] std::unique_ptr<TypeDriver> make_vxlan_type_driver(std::vector<VniRange> ranges,
                                                                 platform::Random& random);

}  // namespace neutron::app
