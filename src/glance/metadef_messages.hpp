// What glance-api and glance-registry say to each other about metadata definitions: calls to
// "registry". A namespace that the viewer may not see is Error(not_found) in all of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "glance/messages.hpp"
#include "glance/metadef.hpp"

namespace glance {

// ---- namespaces
// -----------------------------------------------------------------------------------

// With all that it holds, or not at all. Error(conflict) if there is one of that name.
struct AddMetadefNamespace {
  using Reply = MetadefContents;
  static constexpr std::string_view kType = "AddMetadefNamespace";
  static constexpr int kVersion = 1;
  MetadefContents contents;
};
BOOST_DESCRIBE_STRUCT(AddMetadefNamespace, (), (contents))

// With all that it holds.
struct GetMetadefNamespace {
  using Reply = MetadefContents;
  static constexpr std::string_view kType = "GetMetadefNamespace";
  static constexpr int kVersion = 1;
  static constexpr bool kRepeatable = true;
  std::string name;
  Viewer viewer;
};
BOOST_DESCRIBE_STRUCT(GetMetadefNamespace, (), (name, viewer))

// Each with its associations with resource types.
struct MetadefNamespaceList {
  std::vector<MetadefContents> namespaces;
};
BOOST_DESCRIBE_STRUCT(MetadefNamespaceList, (), (namespaces))

struct ListMetadefNamespaces {
  using Reply = MetadefNamespaceList;
  static constexpr std::string_view kType = "ListMetadefNamespaces";
  static constexpr int kVersion = 1;
  static constexpr bool kRepeatable = true;
  Viewer viewer;
  std::string visibility;                   // empty: any
  std::vector<std::string> resource_types;  // associated with one of them; empty: any
  std::vector<SortBy> sort;
  std::string marker;  // a namespace's name
  int64_t limit = 25;
};
BOOST_DESCRIBE_STRUCT(ListMetadefNamespaces, (),
                      (viewer, visibility, resource_types, sort, marker, limit))

// Replaces all but the times. Error(conflict) if the new name is taken.
struct UpdateMetadefNamespace {
  using Reply = MetadefNamespace;
  static constexpr std::string_view kType = "UpdateMetadefNamespace";
  static constexpr int kVersion = 1;
  std::string name;
  Viewer viewer;
  MetadefNamespace space;
};
BOOST_DESCRIBE_STRUCT(UpdateMetadefNamespace, (), (name, viewer, space))

// With all that it holds. Error(forbidden) if it is protected.
struct DeleteMetadefNamespace {
  using Reply = platform::Nothing;
  static constexpr std::string_view kType = "DeleteMetadefNamespace";
  static constexpr int kVersion = 1;
  std::string name;
  Viewer viewer;
};
BOOST_DESCRIBE_STRUCT(DeleteMetadefNamespace, (), (name, viewer))

// ---- what they hold
// -------------------------------------------------------------------------------

struct MetadefList {
  std::vector<Metadef> metadefs;
};
BOOST_DESCRIBE_STRUCT(MetadefList, (), (metadefs))

// All of them or none. Error(conflict) if there is one of the kind and name. An association with an
// unknown resource type makes it known.
struct AddMetadefs {
  using Reply = MetadefList;
  static constexpr std::string_view kType = "AddMetadefs";
  static constexpr int kVersion = 1;
  std::string namespace_name;
  Viewer viewer;
  std::vector<Metadef> metadefs;
  std::string replaced_kind;  // all of this kind go before; empty: none
};
BOOST_DESCRIBE_STRUCT(AddMetadefs, (), (namespace_name, viewer, metadefs, replaced_kind))

struct GetMetadef {
  using Reply = Metadef;
  static constexpr std::string_view kType = "GetMetadef";
  static constexpr int kVersion = 1;
  static constexpr bool kRepeatable = true;
  std::string namespace_name;
  Viewer viewer;
  std::string kind;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(GetMetadef, (), (namespace_name, viewer, kind, name))

struct ListMetadefs {
  using Reply = MetadefList;
  static constexpr std::string_view kType = "ListMetadefs";
  static constexpr int kVersion = 1;
  static constexpr bool kRepeatable = true;
  std::string namespace_name;
  Viewer viewer;
  std::string kind;
  std::vector<SortBy> sort;
  std::string marker;  // a name
  std::optional<int64_t> limit;
};
BOOST_DESCRIBE_STRUCT(ListMetadefs, (), (namespace_name, viewer, kind, sort, marker, limit))

// Replaces name and body of the one that `name` names. Error(conflict) if the new name is taken.
struct UpdateMetadef {
  using Reply = Metadef;
  static constexpr std::string_view kType = "UpdateMetadef";
  static constexpr int kVersion = 1;
  std::string namespace_name;
  Viewer viewer;
  std::string name;
  Metadef metadef;
};
BOOST_DESCRIBE_STRUCT(UpdateMetadef, (), (namespace_name, viewer, name, metadef))

// Error(forbidden) if the namespace is protected.
struct DeleteMetadefs {
  using Reply = platform::Nothing;
  static constexpr std::string_view kType = "DeleteMetadefs";
  static constexpr int kVersion = 1;
  std::string namespace_name;
  Viewer viewer;
  std::string kind;
  std::optional<std::string> name;  // absent: all of the kind
};
BOOST_DESCRIBE_STRUCT(DeleteMetadefs, (), (namespace_name, viewer, kind, name))

// Every resource type that was ever associated with a namespace.
struct ListResourceTypes {
  using Reply = MetadefList;
  static constexpr std::string_view kType = "ListResourceTypes";
  static constexpr int kVersion = 1;
  static constexpr bool kRepeatable = true;
};
BOOST_DESCRIBE_STRUCT(ListResourceTypes, (), ())

}  // namespace glance
