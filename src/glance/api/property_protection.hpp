// [DEFAULT] property_protection_file: who may do what with which custom properties of images.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "openstack/policy.hpp"
#include "openstack/schema.hpp"
#include "platform/config.hpp"

namespace glance::api {

enum class PropertyAction { create, read, update, remove };

// The file's sections in their order: the first one whose pattern is found in a property's name
// counts; a property that none has is nobody's. Immutable, thread-safe.
class PropertyProtection {
 public:
  // Nothing is protected.
  PropertyProtection() = default;
  // `text`: of sections [PATTERN] with create, read, update and delete, each with names of roles,
  // "@" (everybody) or "!" (nobody); by `policies`, each with one rule of the policy table instead.
  // Throws Error(bad_request) that says what is wrong.
  enum class Format { roles, policies };
  PropertyProtection(std::string_view text, Format format,
                     std::span<const openstack::PolicyRule> policies);

  [[nodiscard]] bool is_on() const { return on_; }
  [[nodiscard]] bool allows(const openstack::Context& context, const openstack::Policy& policy,
                            std::string_view property, PropertyAction action) const;

 private:
  struct Rule {
    openstack::Pattern pattern;
    std::vector<std::string> who[4];  // by PropertyAction
  };
  bool on_ = false;
  Format format_ = Format::roles;
  std::vector<Rule> rules_;
};

// What glance.conf names; Error(bad_request) if the file is not there.
[[nodiscard]] std::shared_ptr<const PropertyProtection> read_property_protection(
    const platform::Config& config);

}  // namespace glance::api
