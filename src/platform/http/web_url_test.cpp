#include "platform/http/web_url.hpp"

#include <gtest/gtest.h>

namespace platform::http {
namespace {

TEST(WebUrl, has_its_parts) {
  const auto url = parse_web_url("HTTPS://Images.Example.org.:8443/a/b.img?x=1&y#top");
  ASSERT_TRUE(url);
  EXPECT_EQ(*url, (WebUrl{"https", "images.example.org", 8443, "/a/b.img", "x=1&y"}));
  EXPECT_EQ(url->base(), "https://images.example.org:8443");
  EXPECT_EQ(parse_web_url("http://a")->base(), "http://a:80");
  EXPECT_EQ(parse_web_url("https://a?q")->path, "/");
  EXPECT_EQ(parse_web_url("https://a?q")->query_text, "q");
  EXPECT_EQ(parse_web_url("http://[FD00::1]:81/")->base(), "http://[fd00::1]:81");
  EXPECT_EQ(parse_web_url("ftp://a/b")->port, 0);
}

TEST(WebUrl, is_refused_where_readers_might_differ) {
  for (const char* text : {"",
                           "a",
                           "//a/b",
                           "http:",
                           "http:/a",
                           "http://",
                           "http:///a",
                           "http://u@a/",
                           "http://u:p@a/",
                           "http://a b/",
                           "http://a/b c",
                           "http://a\\@b/",
                           "http://a/\\b",
                           "http://a\r\nb/",
                           "http://a:0/",
                           "http://a:65536/",
                           "http://a:x/",
                           "http://a:+80/",
                           "http://[::1/",
                           "http://[::1]x/",
                           "http://[1.2.3.4]/",
                           "http://[fe80::1%25eth0]/",
                           "http://a%2eb/",
                           "http://a,b/",
                           "http://\xc3\xa4/",
                           "h+t://a/",
                           "http://127.1/",
                           "http://2130706433/",
                           "http://0x7f000001/",
                           "http://0177.0.0.1/",
                           "http://127.0.0.01/",
                           "http://1.2.3.4.5/",
                           "http://a:1:2/",
                           "http://./"})
    EXPECT_FALSE(parse_web_url(text)) << text;
  EXPECT_FALSE(parse_web_url("http://a/" + std::string(9000, 'x')));
}

TEST(WebUrl, leads_on_by_a_location) {
  const WebUrl from = *parse_web_url("http://a:81/x/y?q");
  const auto leads_to = [&](std::string_view location) {
    const auto url = resolve(from, location);
    return url ? url->base() + url->path + "?" + url->query_text : "";
  };
  EXPECT_EQ(leads_to("https://b/c"), "https://b:443/c?");
  EXPECT_EQ(leads_to("//b/c"), "http://b:80/c?");
  EXPECT_EQ(leads_to("/c?d#e"), "http://a:81/c?d");
  EXPECT_EQ(leads_to("c"), "http://a:81/x/c?");
  EXPECT_EQ(leads_to("?c"), "http://a:81/x/y?c");
  EXPECT_EQ(leads_to("file:///etc/passwd"), "");
  EXPECT_EQ(leads_to("ftp://b/c"), "ftp://b:0/c?");
  EXPECT_EQ(leads_to("http://u@b/"), "");
  EXPECT_EQ(leads_to("http://b/ c"), "");
}

}  // namespace
}  // namespace platform::http
