// A flavor as JSON, by microversion.
#pragma once

#include "nova/api/common.hpp"
#include "nova/store/flavors.hpp"

namespace nova::api {

class FlavorView {
 public:
  explicit FlavorView(const ApiRequest& request)
      : version_(request.context.version), links_(request.http, "flavors") {}
  void write_brief(base::JsonWriter& json, const store::FlavorRow& flavor) const;
  void write(base::JsonWriter& json, const store::FlavorRow& flavor) const;

 private:
  Microversion version_;
  Links links_;
};

// The flavor if the caller may see it. Throws Error(not_found) "Flavor X could not be found."
[[nodiscard]] store::FlavorRow get_flavor(platform::Session& session, const ApiRequest& request);

}  // namespace nova::api
