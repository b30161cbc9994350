// Package auction sells lots one after the other to agents who each know what a lot is worth to them and to nobody else: by
// the English and the Dutch auction of FIPA, and by two sealed-bid auctions whose protocols are written here as any user would
// write them, first-price and second-price (Vickrey 1961). Values are drawn from U[0,1]; what rational bidders pay is known.
// In a double auction many buy and many sell, by chance (Gode and Sunder 1993): its world is a Market, that of lots a House.
package auction
