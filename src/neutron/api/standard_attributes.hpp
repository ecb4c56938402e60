// Attributes that many resources have alike, as neutron_lib's standard attributes.
#pragma once

#include "neutron/api/attribute.hpp"
#include "neutron/api/validators.hpp"

namespace neutron::api::standard {

inline constexpr Attribute kId{.name = "id", .column = "id"};
inline constexpr Attribute kProjectId{
    .name = "project_id", .post = true, .validate = text_up_to<255>, .column = "project_id"};
inline constexpr Attribute kName{.name = "name",
                                 .post = true,
                                 .put = true,
                                 .default_value = R"("")",
                                 .validate = text_up_to<255>,
                                 .column = "name"};
inline constexpr Attribute kDescription{.name = "description",
                                        .post = true,
                                        .put = true,
                                        .default_value = R"("")",
                                        .validate = text_up_to<255>,
                                        .column = "description"};
inline constexpr Attribute kTags{.name = "tags"};
inline constexpr Attribute kCreatedAt{
    .name = "created_at", .column = "created_at", .kind = Kind::time};
inline constexpr Attribute kUpdatedAt{
    .name = "updated_at", .column = "updated_at", .kind = Kind::time};
inline constexpr Attribute kRevisionNumber{
    .name = "revision_number", .column = "revision_number", .kind = Kind::integer};

}  // namespace neutron::api::standard
