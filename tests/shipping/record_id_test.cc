#include "shipping/record_id.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace logmill {
namespace {

TEST(RecordIdTest, IsTheSameInEveryLifeAndVersion) {
  const OriginId origin = MakeOriginId("gallery /var/log/gallery.log");
  EXPECT_EQ(FormatRecordId(MakeRecordId(origin, 4711, "a line")), "Y8RuEowwrCGwAdTc4GSKmA");
  EXPECT_EQ(FormatRecordId(MakeRecordId(origin, 0, "")), "80EK674QFTy-P_WEG8SfIw");
  EXPECT_EQ(HashPlace("2026-11-22T09:24:30Z"), 125009410293008944U);
}

TEST(RecordIdTest, DiffersByOriginPlaceAndText) {
  std::set<RecordId> ids;
  size_t made = 0;
  for (const std::string_view origin : {"", "a", "b"}) {
    for (uint64_t place = 0; place < 1000; ++place) {
      for (const std::string_view text : {"", "x", "y"}) {
        ids.insert(MakeRecordId(MakeOriginId(origin), place, text));
        ++made;
      }
    }
  }
  EXPECT_EQ(ids.size(), made);
}

TEST(RecordIdTest, OriginAndPlaceAreNotExchanged) {
  EXPECT_NE(MakeRecordId(1, 2, "x"), MakeRecordId(2, 1, "x"));
  EXPECT_NE(MakeRecordId(1, 0, "x"), MakeRecordId(0, 1, "x"));
}

TEST(RecordIdTest, IsWrittenAsBase64ForUrls) {
  EXPECT_EQ(FormatRecordId({}), "AAAAAAAAAAAAAAAAAAAAAA");
  EXPECT_EQ(FormatRecordId({~uint64_t{0}, ~uint64_t{0}}), "_____________________w");
  // base64url of 00 01 ... 0F.
  EXPECT_EQ(FormatRecordId({0x0001020304050607, 0x08090A0B0C0D0E0F}), "AAECAwQFBgcICQoLDA0ODw");
}

TEST(RecordIdTest, IsWrittenInCharactersOfItsAlphabetAlone) {
  for (uint64_t place = 0; place < 200; ++place) {
    const std::string text = FormatRecordId(MakeRecordId(7, place, "line"));
    EXPECT_EQ(text.size(), 22U);
    EXPECT_EQ(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace logmill
